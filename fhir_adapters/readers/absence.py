"""What stands for content that is not there: none of it, nothing known of it, or not shown."""

import re
from collections.abc import Iterable

from fhir_adapters.r4 import labels
from fhir_adapters.r4.datatypes import CodeableConcept, Coding, Extension, Meta
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.record import DropCode
from fhir_adapters.terminology.tables import rows

_SAYS = {(row["system"], row["code"]): row["says"] for row in rows("absence_codes")}
_MAY_SAY = re.compile("absent|null", re.IGNORECASE)
_SCHEMES = ("http://", "https://")
_MASKED_DISPLAY = frozenset({"masked", "redacted"})
_REASON = "data-absent-reason"
_UNUSABLE = {
    "none": (DropCode.NEGATED, "it says that there is none"),
    "no-information": (DropCode.NO_INFORMATION, "it says that nothing is known"),
    "masked": (DropCode.MASKED, "its content is masked"),
}


def check_whole(meta: Meta | None) -> None:
    """Raises Unusable for a resource that the server says is not whole."""
    if meta is None or not (meta.tag or meta.security):
        return
    if labels.masked(meta):
        raise Unusable(*_UNUSABLE["masked"])
    if labels.shortened(meta):
        raise Unusable(DropCode.PARTS_LEFT_OUT, "the server left parts of it out")


def check_content(concept: CodeableConcept | None) -> None:
    """Raises Unusable for a concept that says there is none, or that nothing is known or shown."""
    if concept is None:
        return
    if said := _absent(concept.extension):
        raise Unusable(*_UNUSABLE[said])
    for coding in concept.coding or ():
        said = _said(coding) or _absent(coding.extension)
        if said in _UNUSABLE:
            raise Unusable(*_UNUSABLE[said])


def _absent(extensions: Iterable[Extension] | None) -> str:
    for each in extensions or ():
        if (each.url or "").rpartition("/")[2] == _REASON:
            return "masked" if each.value_code in _MASKED_DISPLAY else "no-information"
    return ""


def _said(coding: Coding) -> str:
    if not _MAY_SAY.search(coding.system or ""):
        return ""
    system = (coding.system or "").strip().lower().partition("|")[0].rstrip("/")
    for scheme in _SCHEMES:
        system = system.removeprefix(scheme)
    code = (coding.code or "").strip().lower()
    found = _SAYS.get((system, code))
    return found if found is not None else (_SAYS.get((system, ""), "") if code else "")
