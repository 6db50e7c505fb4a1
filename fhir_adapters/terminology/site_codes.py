"""The file in which a site keeps what its own SNOMED CT release adds to our codes.

It is a CSV: a first line that says what it is, then a row for each code with the concepts it is of
and its name in the release. It holds SNOMED CT content under the site's own licence.
"""

import csv
from collections.abc import Mapping
from hashlib import sha256
from io import StringIO
from pathlib import Path
from types import MappingProxyType

from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import conditions, wider

_FORMAT = "cds-hooks SNOMED CT descendants 1"


class SiteCodesError(ValueError):
    """The file cannot be used; the message says why, and names no code's content."""


def written(
    codes: Mapping[int, frozenset[str]], names: Mapping[int, str], *, effective: str
) -> str:
    """The text of the file."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((_FORMAT, effective, roots_digest()))
    writer.writerow(("code", "concepts", "name"))
    for code in sorted(codes):
        writer.writerow((code, " ".join(sorted(codes[code])), names.get(code, "")))
    return text.getvalue()


def roots_digest() -> str:
    """Which roots a file was compiled from: other roots give another file."""
    told = repr([(row["concept"], row["code"], row["use"]) for row in rows("snomed_roots")])
    return sha256(told.encode()).hexdigest()[:16]


def read_site_codes(file: Path) -> Mapping[str, frozenset[str]]:
    """The concepts of each code, wider ones included; raises SiteCodesError."""
    try:
        lines = csv.reader(StringIO(file.read_text(encoding="utf-8"), newline=""))
        head, columns = next(lines, []), next(lines, [])
        if len(head) != 3 or head[0] != _FORMAT or columns[:2] != ["code", "concepts"]:
            raise SiteCodesError(f"{file.name}: not a file of `cds-hooks terminology compile`")
        if head[2] != roots_digest():
            raise SiteCodesError(
                f"{file.name}: compiled by another version; run `cds-hooks terminology compile`"
            )
        return MappingProxyType({line[0]: _meant(line, file.name) for line in lines})
    except OSError as error:
        raise SiteCodesError(f"{file.name}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise SiteCodesError(f"{file.name}: not a CSV in UTF-8") from None


def _meant(line: list[str], name: str) -> frozenset[str]:
    if len(line) < 2 or not line[0].isdecimal():
        raise SiteCodesError(f"{name}: a line without a code")
    keys = frozenset(line[1].split())
    if not keys or not keys <= set(conditions()):
        raise SiteCodesError(f"{name}: a line without a known condition")
    return wider(keys)
