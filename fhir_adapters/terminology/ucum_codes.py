"""UCUM codes that are in no table, told to be the same as one of our units by `ucumvert`.

UCUM can write one unit in many ways (`mg.dL-1`, `umol/mL`, `/nL`). A code is taken for one of ours
if it has the same dimension, size and kind (mass, amount, charge, activity), and is made of
symbols and prefixes that results are reported in. The prefixes from hecto upwards, but kilo, are
refused: where they are sent they are slips of case (`Mg`, `ML`). So are dimensionless codes, which
do not say of what they are the ratio.
"""

import re
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any

from fhir_adapters.terminology.tables import rows

_PREFIXES = frozenset("fpnumcdk")
_KINDS = frozenset({"g", "mol", "eq", "U", "kat"})
_SYMBOLS = _KINDS | {
    *("L", "l", "m", "s", "min", "h", "d", "Pa", "bar", "m[Hg]", "m[H2O]", "10*", "10^")
}
# Numbers are exponents, and a long one would take long to raise to.
_READABLE = re.compile(r"(?:[A-Za-z\[\].*^/()+-]|(?<![0-9])[0-9]{1,2}(?![0-9]))+")
_MOST_SIGNS = 4
"""Products, quotients and brackets in one code: the parser takes long over many."""

_DIGITS = 9
"""Significant digits to which two sizes must be equal."""

# Pint registers what it meets while it parses, and not in a way that threads may share.
_lock = Lock()

Measure = tuple[str, str, frozenset[str]]
"""Dimension, size in base units, and the kinds of quantity that a code names."""


def load() -> None:
    """Loads the parser, which takes about half a second: to be called before workers are forked."""
    _ours()


def same_unit(code: str) -> str | None:
    """The unit of our table that a UCUM code without annotations is another writing of, or None."""
    if not _READABLE.fullmatch(code) or sum(map(code.count, "./(")) > _MOST_SIGNS:
        return None
    with _lock:
        measure = _measure(code)
        return _ours().get(measure) if measure else None


@cache
def _ours() -> Mapping[Measure, str]:
    units = sorted({row["ucum"] for row in rows("units")}, reverse=True)
    plain = (unit for unit in units if unit and "{" not in unit)
    measured = ((_measure(unit), unit) for unit in plain)
    return {measure: unit for measure, unit in measured if measure}


def _measure(code: str) -> Measure | None:
    parser, registry = _parser()
    from lark.exceptions import LarkError
    from pint.errors import PintError

    try:
        tree = parser.parse(code)
        symbols = list(tree.scan_values(lambda token: token.type in _UNITS))
        prefixes = list(tree.scan_values(lambda token: token.type in _PREFIXED))
        if not (_SYMBOLS.issuperset(symbols) and _PREFIXES.issuperset(prefixes)):
            return None
        base = registry.from_ucum(code).to_base_units()
    except (LarkError, PintError, ArithmeticError):
        return None
    if base.dimensionless:
        return None
    size = f"{base.magnitude:.{_DIGITS}g}"
    return str(base.dimensionality), size, _KINDS.intersection(symbols)


_UNITS = frozenset({"UNIT_METRIC", "UNIT_NON_METRIC"})
_PREFIXED = frozenset({"PREFIX_SHORT", "PREFIX_LONG"})


@cache
def _parser() -> tuple[Any, Any]:
    """The grammar and the registry; imported here, for they take long and are seldom needed."""
    from ucumvert import PintUcumRegistry, get_ucum_parser

    return get_ucum_parser(), PintUcumRegistry()
