"""What a result that came without a number says of its size.

A laboratory flags a critical result by an interpretation, and a glucose meter shows "LO" or "HI"
beyond what it measures. Such a result has no value, and must not vanish for that.
"""

from itertools import chain

from fhir_adapters.r4.datatypes import CodeableConcept
from fhir_adapters.r4.resources import Observation, Valued
from fhir_adapters.readers.haemolysis import interpretations
from fhir_adapters.record import DropCode
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import Concept

WITHOUT_NUMBER = frozenset({DropCode.ABSENT, DropCode.UNREADABLE_TEXT, DropCode.VALUE_TYPE})
"""Why a result is not used that may still be flagged."""

_SIDES = {(row["kind"], row["flag"], row["concept"]): row["side"] for row in rows("flags")}


def flagged(observation: Observation, valued: Valued, concept: Concept) -> tuple[str, float | None]:
    """The flag in place of a number, and the end of the plausible range that it stands for.

    An interpretation of a whole panel says nothing of its parts. "" and None without a flag.
    """
    said = [("words", (valued.value_string or "").strip().upper(), concept.key)]
    if valued is observation:
        codes = (_codes(each) for each in interpretations(observation.interpretation))
        said += [("interpretation", code, "") for code in chain.from_iterable(codes)]
    for key in said:
        if (side := _SIDES.get(key)) and not concept.coded:
            return key[1], concept.high if side == "high" else concept.low
    return "", None


def _codes(interpretation: CodeableConcept) -> list[str]:
    codes = [coding.code for coding in interpretation.coding or ()]
    return [code.strip().upper() for code in (*codes, interpretation.text) if code]
