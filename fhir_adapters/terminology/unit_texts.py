"""Which UCUM unit the text of a unit means, as feeds write it: the spelling table, then UCUM.

A text is written plainly first (one kind of micro sign, of space, of power of ten), then looked for
in the reviewed table `units.csv`: as it is, in another case, without annotation, and with words in
place of symbols by `unit_words.csv`. Only what is in neither is parsed as UCUM. A reading never
differs from what is listed by a prefix: a text in mixed case that could name a larger one (`Mg/dL`,
`ng/ML`, `G/dL`) is recognised only if it is listed as it stands.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from fhir_adapters.terminology import ucum_codes
from fhir_adapters.terminology.tables import rows

LONGEST = 64
"""Characters of the longest text that is looked at."""

# The full-width forms of the printable characters of ASCII follow in its order.
_FULL_WIDTH = {code: chr(code - 0xFF01 + ord("!")) for code in range(0xFF01, 0xFF5F)}
_LOOKALIKES = _FULL_WIDTH | {
    int(row["code_point"], 16): row["written"] for row in rows("unit_characters")
}
_RAISED = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_LOWERED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_SPACE_AT_A_SIGN = re.compile(r" ?([^A-Za-z0-9 ]) ?")
_TEN_TO_THE = re.compile(
    r"(?<![A-Za-z0-9.])x? ?10(?:\*\*|[*^x]|e\+?0*|exp|\()([0-9]{1,2})\)?(?![0-9])", re.IGNORECASE
)
_PLAIN = re.compile("[!-~° ]+")
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_PER = re.compile(r"(?<![A-Za-z])per(?![A-Za-z])", re.IGNORECASE)
_FIBRIN = re.compile(r"[ ({]*(FEU|D-?DU)[ )}]*", re.IGNORECASE)

# A capital M, G, ... before the symbol of a unit is mega, giga, ...; alone it is a number.
_LARGE_PREFIX = re.compile(
    r"(?<![A-Za-z])[MGTPEZY]"
    r"(?i:g|gs|gm|gms|l|lt|mol|mols|mole|moles|eq|eqs|equiv|val|iu|u|kat|pa|bar|s|m ?\[?hg\]?)?"
    r"(?![A-Za-z0-9])"
)
_NOT_COULOMB_OR_FARAD = frozenset({"c", "f"})
_NOTHING: Mapping[str, str] = MappingProxyType({})


def ucum(
    text: str, *, coded: bool, local: Mapping[str, str] = _NOTHING, parse: bool = True
) -> str | None:
    """The UCUM unit meant by a unit as it was sent; None if it is not recognised.

    "" is said of a text which says that there is no unit ("N/A"). `coded` says that the sender
    claims UCUM, where `C` is the coulomb and `F` the farad; `local` is the site's own texts, which
    go first. An annotation in braces is ignored, except those that tell two quantities apart
    (`{FEU}`, `{DDU}`, `{urea}`). Unless `parse`, only what is in the tables is recognised.
    """
    if text.strip() in local:
        return local[text.strip()]
    return _read(text, coded, parse) if len(text) <= LONGEST else None


@lru_cache(maxsize=1024)
def _read(text: str, coded: bool, parse: bool) -> str | None:
    plain = _plainly(text)
    if not _PLAIN.fullmatch(plain) or (coded and plain.casefold() in _NOT_COULOMB_OR_FARAD):
        return None
    found = _EXACT.get(plain)
    if found is not None or (_LARGE_PREFIX.search(plain) and not plain.isupper()):
        return found
    if fibrin := _FIBRIN.findall(plain):
        return _of_fibrin(plain, fibrin)
    return _respelled(plain, parse=parse)


def known_units() -> frozenset[str]:
    """Every UCUM unit that a text can be recognised as."""
    return _KNOWN


def _plainly(text: str) -> str:
    """The same in ASCII and `°`, as far as only the typography differs."""
    lowered = _RAISED.sub(_power, text).translate(_LOOKALIKES)
    spaced = _SPACE_AT_A_SIGN.sub(r"\1", " ".join(lowered.split()))
    numbered = _TEN_TO_THE.sub(r"10*\1", spaced.replace("1,73", "1.73"))
    return numbered.rstrip(".").strip()


def _power(match: re.Match[str]) -> str:
    digits = match[0].translate(_LOWERED)
    return f"*{digits}" if match.string[: match.start()].endswith("10") else digits


def _respelled(plain: str, *, parse: bool) -> str | None:
    """The unit of a text that is listed in another case, without annotation or in symbols."""
    spellings = plain, _bare(plain), _in_symbols(plain)
    listed = (_FOLDED.get(spelling.casefold()) for spelling in spellings)
    unit = next((unit for unit in listed if unit is not None), None)
    return ucum_codes.same_unit(spellings[-1]) if unit is None and parse else unit


def _of_fibrin(plain: str, kinds: list[str]) -> str | None:
    """A concentration of D-dimer counts fibrinogen equivalents or D-dimer units, not both."""
    unit = _read(_FIBRIN.sub("", plain), False, False)
    kind = "FEU" if kinds[0].upper() == "FEU" else "DDU"
    return _FIBRIN_UNITS.get((unit or "", kind)) if len(kinds) == 1 else None


_FIBRIN_UNITS = {
    ("ng/mL", "FEU"): "ug/L{FEU}",
    ("mg/L", "FEU"): "mg/L{FEU}",
    ("ng/mL", "DDU"): "ug/L{DDU}",
    ("mg/L", "DDU"): "mg/L{DDU}",
}


def _bare(plain: str) -> str:
    """Without annotations; that of urea stays, for a mass of urea is not one of its nitrogen."""
    return _ANNOTATION.sub(lambda note: note[0] if "urea" in note[0].casefold() else "", plain)


def _in_symbols(plain: str) -> str:
    """Without annotations, and with symbols in place of words."""
    symbols = _WORD.sub(lambda word: _WORDS[word[0].casefold()], _PER.sub("/", _bare(plain)))
    return _plainly(symbols.replace("()", ""))


def _words() -> dict[str, str]:
    return {_plainly(row["word"]).casefold(): row["symbol"] for row in rows("unit_words")}


def _folded() -> dict[str, str]:
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for text, unit in _EXACT.items():
        meanings[text.casefold()].add(unit)
    # One letter alone changes its meaning with its case (m and M, k and K).
    plain = {text: min(units) for text, units in meanings.items() if len(units) == 1}
    return {text: unit for text, unit in plain.items() if len(text) > 1 or not text.isalpha()}


_WORDS = _words()
_LONGEST_FIRST = "|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True)))
_WORD = re.compile(rf"(?<![A-Za-z])(?:{_LONGEST_FIRST})(?![A-Za-z0-9])", re.IGNORECASE)
_EXACT = {_plainly(row["text"]): row["ucum"] for row in rows("units")}
_FOLDED = _folded()
_KNOWN = frozenset(_EXACT.values()) - {""}
