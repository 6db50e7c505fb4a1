"""Made-up SNOMED CT releases: `python -m tests.rf2_releases FOLDER ROWS` writes a big one."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

IS_A = 116680003
FULLY_SPECIFIED = 900000000000003001
RELATIONSHIP = (
    "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId"
    "\tcharacteristicTypeId\tmodifierId\n"
)
DESCRIPTION = (
    "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm"
    "\tcaseSignificanceId\n"
)
Row = tuple[int, int, int, int]
"""Whether it is active, its source, its destination and its type."""


def write_release(folder: Path, rows: Iterable[Row], names: Mapping[int, str]) -> Path:
    """Writes the two snapshot files that are read, where a release has them."""
    terminology = folder / "Snapshot" / "Terminology"
    terminology.mkdir(parents=True)
    file = terminology / "sct2_Relationship_Snapshot_MADEUP_20260901.txt"
    with file.open("w", encoding="utf-8") as lines:
        lines.write(RELATIONSHIP)
        lines.writelines(
            f"{number}\t20260901\t{active}\t1\t{source}\t{destination}\t0\t{kind}\t1\t1\n"
            for number, (active, source, destination, kind) in enumerate(rows)
        )
    file = terminology / "sct2_Description_Snapshot-en_MADEUP_20260901.txt"
    with file.open("w", encoding="utf-8") as lines:
        lines.write(DESCRIPTION)
        lines.writelines(
            f"{number}\t20260901\t1\t1\t{code}\ten\t{FULLY_SPECIFIED}\t{name}\t1\n"
            for number, (code, name) in enumerate(names.items())
        )
    return folder


def many(count: int) -> Iterator[Row]:
    """Rows of a release of that size: a fifth is "is a", below roots that there are."""
    roots = (49436004, 84114007, 73211009, 22298006, 709044004)
    for number in range(count):
        code = 10**15 + number
        if number % 5:
            yield 1, code, code - 1, 363698007
        else:
            parent = 10**15 + (number // 10) // 5 * 5 if number >= 1000 else roots[number % 25 // 5]
            yield 1, code, parent, IS_A


if __name__ == "__main__":
    size = int(sys.argv[2])
    told = {10**15 + number: f"Made-up finding {number}" for number in range(0, size, 5)}
    write_release(Path(sys.argv[1]), many(size), told)
