"""What an allergy is to: a class of drugs that it names itself, or that none is known.

`data/allergens.csv` holds both, by code and by whole words. A single drug is told by its name or
code, as in an order.
"""

import re
from collections.abc import Iterable

from fhir_adapters.terminology.tables import rows

_ROWS = rows("allergens")
_CLASSES = {(r["system"], r["code"]): r["class"] for r in _ROWS if r["says"] == "class"}
_NONE = {(r["system"], r["code"]) for r in _ROWS if r["says"] == "none"}


def _whole_words(says: str) -> re.Pattern[str]:
    words = [r["code"] for r in _ROWS if r["says"] == says and r["system"] == "words"]
    any_of = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"\b({any_of})\b")


_NAMED, _DENIED = _whole_words("class"), _whole_words("none")


def allergen_class(system: str, code: str) -> str:
    """The class of drugs that a code of an allergy names; "" if it names none."""
    return _CLASSES.get((system, code.strip()), "")


def allergen_classes_named(text: str) -> frozenset[str]:
    """The classes of drugs that stand as whole words in the name of an allergy."""
    return frozenset(_CLASSES["words", found] for found in _NAMED.findall(text.casefold()))


def says_none_known(codes: Iterable[tuple[str, str]], texts: Iterable[str]) -> bool:
    """Whether codes, by system, or texts say that no allergy is known."""
    return any((system, code.strip()) in _NONE for system, code in codes) or any(
        _DENIED.search(text.casefold()) for text in texts
    )
