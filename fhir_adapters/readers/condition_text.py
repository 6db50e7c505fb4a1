"""What a problem described only in words is, where every word of it is understood.

A text is read by whole words against a reviewed table, and only as a whole: "Type 2 diabetes,
uncontrolled" is understood, "Diabetes clinic letter" is not, because nobody knows what else it may
say. Words that negate, doubt, date or ascribe to a relative ("no", "?", "rule out", "family
history", "risk of") keep a text from being read. What is not read may be anything that it names
and, where a word is not known, anything at all.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from fhir_adapters.terminology import value_sets
from fhir_adapters.terminology.tables import rows

_LONGEST = 120
_WORD = re.compile(r"[^\W_]+|\?")
_KINDS: dict[tuple[str, ...], tuple[str, str]] = {
    tuple(row["words"].split()): (row["kind"], row["concept"]) for row in rows("condition_words")
} | {("?",): ("guard", "")}
_MOST_WORDS = max(map(len, _KINDS))


@dataclass(frozen=True, slots=True)
class TextReading:
    """The concepts that a text names, wider ones included, and how far it was understood.

    `understood` is whether every word is known; `asserted` whether none of them takes back or
    weakens what the others say.
    """

    concepts: frozenset[str]
    understood: bool
    asserted: bool

    @property
    def sure(self) -> bool:
        """Whether the text says that the patient has what it names, and nothing else."""
        return self.understood and self.asserted


@lru_cache(maxsize=1024)
def read_text(text: str) -> TextReading:
    """Reads the text of a problem; one that is too long is not understood."""
    if len(text) > _LONGEST:
        return TextReading(frozenset(), understood=False, asserted=False)
    words = _WORD.findall(text.casefold())
    kinds: list[tuple[str, str]] = []
    known = True
    while words:
        count = _longest(words)
        kinds += [_kind(tuple(words[:count]))] if count else []
        known = known and (count > 0 or (words[0].isdecimal() and len(words[0]) == 4))
        words = words[max(count, 1) :]
    named = frozenset(concept for kind, concept in kinds if kind == "names")
    says = any(kind in ("names", "other") for kind, _ in kinds)
    asserted = all(kind != "guard" for kind, _ in kinds)
    return TextReading(value_sets.wider(named), understood=known and says, asserted=asserted)


def _longest(words: list[str]) -> int:
    """How many of the first words the longest known phrase has; 0 if the first is not known."""
    lengths = range(min(_MOST_WORDS, len(words)), 0, -1)
    return next((count for count in lengths if _kind(tuple(words[:count]))[0]), 0)


def _kind(words: tuple[str, ...]) -> tuple[str, str]:
    return _KINDS.get(words, ("", ""))
