"""What an Observation says was examined, where that contradicts its code."""

import re

from msgspec.json import Decoder

from fhir_adapters.r4.references import contained
from fhir_adapters.r4.resources import CodeableConcept, Observation, Specimen
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.record import DropCode
from fhir_adapters.terminology.value_sets import Concept

_WORD = re.compile(r"[^\W\d_]+")
_URINE = frozenset({"urine", "urin", "urinary"})
_BLOOD = frozenset({"blood", "serum", "plasma", "blod"})
_OTHER = frozenset(
    {
        "ascites",
        "ascitic",
        "cerebrospinal",
        "csf",
        "dialysate",
        "faeces",
        "feces",
        "peritoneal",
        "pleural",
        "saliva",
        "sputum",
        "stool",
        "sweat",
        "synovial",
    }
)
_OF_URINE = frozenset({"uacr", "upcr", "urine_output_24h"})
_ARTERIAL = frozenset({"pao2", "paco2"})

_specimen = Decoder(Specimen)


def check_specimen(observation: Observation, concept: Concept) -> None:
    """Raises Unusable if the specimen is said, in words, to be another than the concept is of."""
    words = frozenset(_WORD.findall(_text(observation).casefold()))
    if words & _wrong(concept):
        raise Unusable(DropCode.SPECIMEN, "its specimen is not the one its code is of")


def _wrong(concept: Concept) -> frozenset[str]:
    if concept.group != "lab":
        return frozenset()
    if concept.key in _OF_URINE:
        return _BLOOD | _OTHER
    if concept.key in _ARTERIAL:
        return _URINE | _OTHER | {"venous"}
    return _URINE | _OTHER


def _text(observation: Observation) -> str:
    specimen = observation.specimen
    if specimen is None:
        return ""
    texts = [specimen.display or ""]
    for found in contained(specimen.reference or "", observation.contained, of=_specimen):
        texts += _texts(found.type)
    return " ".join(texts)


def _texts(concept: CodeableConcept | None) -> list[str]:
    if concept is None:
        return []
    return [concept.text or "", *(coding.display or "" for coding in concept.coding or ())]
