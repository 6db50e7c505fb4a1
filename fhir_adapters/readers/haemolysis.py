"""Whether a result says that its specimen was haemolysed, which makes a potassium falsely high.

It may be said in a note, an interpretation, or the condition of the specimen: in words, or by the
code HEM of HL7's v2 table 0493, https://terminology.hl7.org/CodeSystem-v2-0493.html. "Not
haemolysed" says the opposite, and a haemolysis index is reported of every specimen.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from fhir_adapters.r4.datatypes import NOTHING, CodeableConcept, Part
from fhir_adapters.r4.resources import Observation, Specimen

_CODE = "HEM"
_TABLES = ("/v2-0493", "/v2/0493")
_WORD = re.compile(r"h(?:ae?|e|æ|ä)mol(?:y[sz]|iz)\w*", re.IGNORECASE)
_IN_BYTES = re.compile(rb'moly[sz]|"HEM"', re.IGNORECASE)
_NEGATED = re.compile(
    r"\b(?:no|not|non|without|free of|absence of|negative for|nil|ikke|ingen|nicht|ohne|keine?)\b"
    r"[\s-]*(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"\s*(?:index\b|[:=]?\s*(?:0\b|none\b|nil\b|no\b|negative\b|absent\b|not detected\b))",
    re.IGNORECASE,
)


class Annotation(Part):
    """A remark in words."""

    text: str | None = None


_notes = Decoder(list[Annotation])
_concepts = Decoder(list[CodeableConcept] | CodeableConcept)


def may_be_said(observation: Observation) -> bool:
    """Whether what else a result says is worth reading: few results say anything of the kind."""
    sent = (each for each in (observation.note, observation.interpretation) if each is not NOTHING)
    if any(_IN_BYTES.search(each) for each in sent):
        return True
    return bool(observation.comments and _WORD.search(observation.comments))


def is_haemolysed(observation: Observation, specimen: Specimen | None) -> bool:
    """Whether the result or its specimen says that the specimen was haemolysed."""
    concepts = list(interpretations(observation.interpretation))
    texts = [observation.comments, *(note.text for note in _annotations(observation.note))]
    if specimen is not None:
        concepts += specimen.condition or ()
        texts += [note.text for note in _annotations(specimen.note)]
    if any(map(_is_code, concepts)):
        return True
    texts += [each.text for each in concepts]
    texts += [coding.display for each in concepts for coding in each.coding or ()]
    return any(_says(text) for text in texts if text)


def _annotations(raw: Raw) -> list[Annotation]:
    with suppress(DecodeError, RecursionError):
        return [] if raw is NOTHING else _notes.decode(raw)
    return []


def interpretations(raw: Raw) -> Iterator[CodeableConcept]:
    """The interpretations of a result: one in DSTU2, any number since."""
    with suppress(DecodeError, RecursionError):
        found = [] if raw is NOTHING else _concepts.decode(raw)
        yield from [found] if isinstance(found, CodeableConcept) else found


def _is_code(concept: CodeableConcept) -> bool:
    return any(
        (coding.code or "").strip().upper() == _CODE
        and (coding.system or "").casefold().endswith(_TABLES)
        for coding in concept.coding or ()
    )


def _says(text: str) -> bool:
    return any(
        not _NEGATED.search(text[: found.start()]) and not _NONE.match(text[found.end() :])
        for found in _WORD.finditer(text)
    )
