"""What an Observation says was examined, where that contradicts its code."""

import re

from msgspec.json import Decoder

from fhir_adapters.r4.datatypes import CodeableConcept
from fhir_adapters.r4.references import resolved
from fhir_adapters.r4.resources import Observation, Specimen
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
from fhir_adapters.record import DropCode
from fhir_adapters.terminology.systems import system_name
from fhir_adapters.terminology.tables import rows
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
_CODES = {(row["system"], row["code"]): row["word"] for row in rows("specimen_codes")}
_TYPES = ("/v2-0487", "/v2/0487", "/v3-specimentype", "/v3/specimentype")
_OF_URINE = frozenset({"uacr", "upcr", "urine_output_24h"})
_ARTERIAL = frozenset({"pao2", "paco2"})

_specimen = Decoder(Specimen)


def check_specimen(observation: Observation, concept: Concept, context: Context) -> None:
    """Raises Unusable if the specimen is said to be another than the concept is of."""
    words = frozenset(_WORD.findall(_text(observation, context).casefold()))
    if words & _wrong(concept):
        raise Unusable(DropCode.SPECIMEN, "its specimen is not the one its code is of")


def specimen_of(observation: Observation, context: Context) -> Specimen | None:
    """The Specimen that an Observation points at, inside it or elsewhere; None if it is nowhere."""
    pointer = observation.specimen
    if pointer is None or not pointer.reference:
        return None
    held, inside = context.specimens, observation.contained
    return resolved(pointer.reference, held, resources=inside, of=_specimen)


def _wrong(concept: Concept) -> frozenset[str]:
    if concept.group != "lab":
        return frozenset()
    if concept.key in _OF_URINE:
        return _BLOOD | _OTHER
    if concept.key in _ARTERIAL:
        return _URINE | _OTHER | {"venous"}
    return _URINE | _OTHER


def _text(observation: Observation, context: Context) -> str:
    display = (observation.specimen and observation.specimen.display) or ""
    found = specimen_of(observation, context)
    return " ".join([display, *_texts(found.type if found else None)])


def _texts(concept: CodeableConcept | None) -> list[str]:
    if concept is None:
        return []
    texts = [concept.text or ""]
    for coding in concept.coding or ():
        system, code = _system(coding.system or ""), (coding.code or "").strip().upper()
        texts += [coding.display or "", _CODES.get((system, code), "")]
    return texts


def _system(uri: str) -> str:
    folded = uri.casefold()
    return "specimen-type" if folded.endswith(_TYPES) else system_name(uri) or ""
