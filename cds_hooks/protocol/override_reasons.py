"""Why a clinician may not follow a card: HL7's ValueSet non-adherence-reason-clinical."""

from csv import DictReader
from functools import cache
from importlib.resources import files

from cds_hooks.protocol.cards import Coding

SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


@cache
def override_reasons() -> tuple[Coding, ...]:
    """The reasons in the value set's order, each with its display (cds-resp-4)."""
    text = files("cds_hooks").joinpath("protocol/override_reasons.csv").read_text(encoding="utf-8")
    return tuple(Coding(system=SYSTEM, **row) for row in DictReader(text.splitlines()))
