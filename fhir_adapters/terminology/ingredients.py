"""Which drug it is, by name or code, whatever class it belongs to: to tell one from two."""

import re
from itertools import chain

from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import BRANDS, ingredient_codes, names_in

_CODED = {
    **{row["rxcui"]: row["name"] for row in rows("other_drugs") if row["rxcui"]},
    **{row["code"]: row["display"] for row in rows("medications") if row["system"] == "rxnorm"},
}
_PROLONGED = re.compile(
    r"\b(extended|prolonged|modified|controlled|sustained)[ -]release\b|\b(xr|er|sr|cr|mr|xl)\b"
    r"|\bretard\b|\bdepot\b|\bpatch(es)?\b|\b(12|24) hr\b"
)


def ingredients(name: str, code: str = "") -> frozenset[str]:
    """The ingredients by their generic names; the code itself where nothing names them."""
    found = (BRANDS.get(each, (each,)) for each in names_in(name))
    named = frozenset(chain.from_iterable(found))
    if named or not code:
        return named
    coded = (_CODED.get(each) for each in ingredient_codes(code.strip()))
    known = frozenset(each.casefold() for each in coded if each)
    return known or frozenset({code.strip().upper()})


def is_prolonged(name: str) -> bool:
    """Whether a drug's name says that it acts for long: a prolonged release form, or a patch."""
    return bool(_PROLONGED.search(name.casefold()))
