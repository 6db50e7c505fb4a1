"""The tables of published coefficients of this package, read as rows of text."""

import csv
from importlib.resources import files
from io import StringIO


def rows(name: str) -> tuple[dict[str, str], ...]:
    """All rows of data/<name>.csv, each a mapping of column to text; "" where a cell is empty."""
    text = files("predictors").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(StringIO(text, newline="")))
