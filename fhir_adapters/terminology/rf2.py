"""A SNOMED CT release in RF2: what stands below the roots of our condition concepts.

A release says "is a" by relationships of type 116680003. A code is of a concept if a chain of
active ones leads from it to a root of the concept and to no code that the concept excludes. Rows
are read as bytes and only the two identifiers of an active "is a" are kept: three million rows fit
into memory and take less than a minute.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from fhir_adapters.terminology.condition_codes import conditions_listed
from fhir_adapters.terminology.reviewed import decisions, groups
from fhir_adapters.terminology.tables import rows

Progress: TypeAlias = Callable[[int], None]
"""Is told how many bytes more have been read."""

Children: TypeAlias = Mapping[int, list[int]]
"""The codes directly below each code."""

_IS_A = b"116680003"
_FULLY_SPECIFIED_NAME = b"900000000000003001"
_ACTIVE = b"1"


class NotARelease(ValueError):
    """The folder holds no release that can be read; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Release:
    """The files of a release that are read, and when it took effect ("20260901")."""

    relationships: Path
    descriptions: Path
    effective: str

    @property
    def size(self) -> int:
        """How many bytes there are to read."""
        return self.relationships.stat().st_size + self.descriptions.stat().st_size


def release(folder: Path) -> Release:
    """Finds the snapshot files of a release below a folder; raises NotARelease."""
    relationships = _only(folder, "sct2_Relationship_Snapshot_*.txt")
    descriptions = _only(folder, "sct2_Description_Snapshot*.txt")
    return Release(relationships, descriptions, relationships.stem.rpartition("_")[2])


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.rglob(pattern))
    if len(found) != 1:
        raise NotARelease(f"{folder}: {len(found)} files are named {pattern}, one is needed")
    return found[0]


def children(release: Release, progress: Progress) -> Children:
    """The codes below each code by the active "is a" relationships of a release."""
    below: defaultdict[int, list[int]] = defaultdict(list)
    for cells in _rows(release.relationships, progress):
        if len(cells) > 7 and cells[2] == _ACTIVE and cells[7] == _IS_A:
            below[int(cells[5])].append(int(cells[4]))
    if not below:
        raise NotARelease(f"{release.relationships.name}: it holds no active 'is a'")
    return below


def names(release: Release, codes: frozenset[int], progress: Progress) -> Mapping[int, str]:
    """The fully specified name of each code, for the site's own reading."""
    found: dict[int, str] = {}
    for cells in _rows(release.descriptions, progress):
        if len(cells) > 7 and cells[2] == _ACTIVE and cells[6] == _FULLY_SPECIFIED_NAME:
            code = int(cells[4])
            if code in codes:
                found[code] = cells[7].decode("utf-8", "replace")
    return found


def _rows(file: Path, progress: Progress) -> Iterator[list[bytes]]:
    with file.open("rb") as lines:
        progress(len(next(lines, b"")))  # the names of the columns
        for line in lines:
            progress(len(line))
            yield line.rstrip(b"\r\n").split(b"\t")


def descendants(below: Children) -> Mapping[int, frozenset[str]]:
    """Every code that a root brings and that we do not know, with the concepts it is of.

    A code that a review decided on, one by one, stays as it was decided wherever it stands.
    """
    found: defaultdict[int, set[str]] = defaultdict(set)
    for concept, (roots, excluded) in _roots().items():
        cut = _closure(below, excluded, frozenset())
        for code in _closure(below, roots, cut):
            found[code].add(concept)
    decided = _decided()
    return {
        code: frozenset(keys)
        for code, keys in found.items()
        if code not in decided and not keys <= conditions_listed("snomed", str(code))
    }


def _roots() -> Mapping[str, tuple[frozenset[int], frozenset[int]]]:
    """The roots and the excluded codes of each concept."""
    named: defaultdict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for row in rows("snomed_roots"):
        named[row["concept"]][row["use"] == "exclude"].add(int(row["code"]))
    return {key: (frozenset(ours), frozenset(cut)) for key, (ours, cut) in named.items()}


def _closure(below: Children, tops: Iterable[int], cut: frozenset[int]) -> frozenset[int]:
    """The tops and all that stands below them, without what stands in `cut`."""
    seen = set(tops) - cut
    waiting = list(seen)
    while waiting:
        for code in below.get(waiting.pop(), ()):
            if code not in seen and code not in cut:
                seen.add(code)
                waiting.append(code)
    return frozenset(seen)


def _decided() -> frozenset[int]:
    """The SNOMED CT codes that were reviewed one by one."""
    reviewed = (each for group in groups() for each in decisions(group))
    return frozenset(int(each.code) for each in reviewed if each.system == "snomed")
