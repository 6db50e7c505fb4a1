"""The reviewed clinical tables of this package, read as rows of text."""

import csv
from importlib.resources import files
from io import StringIO


def rows(name: str) -> tuple[dict[str, str], ...]:
    """All rows of data/<name>.csv, each a mapping of column to text; "" where a cell is empty."""
    source = files("fhir_adapters").joinpath("data", f"{name}.csv")
    return tuple(csv.DictReader(StringIO(source.read_text(encoding="utf-8"), newline="")))
