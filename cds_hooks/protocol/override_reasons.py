"""Why a clinician may not follow a card: the few reasons that are used, in a clinician's words.

The codes are of HL7's ValueSet non-adherence-reason-clinical. Each coding repeats its system, which
cds-resp-4 asks for, so a reason more costs every card some 140 bytes and the five are a third of a
short card; whatever else a reason is, is told as a comment.
"""

from csv import DictReader
from functools import cache
from importlib.resources import files

from cds_hooks.protocol.cards import Coding

SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


@cache
def override_reasons() -> tuple[Coding, ...]:
    """The reasons in the order in which they are offered, each with its display (cds-resp-4)."""
    text = files("cds_hooks").joinpath("protocol/override_reasons.csv").read_text(encoding="utf-8")
    return tuple(Coding(system=SYSTEM, **row) for row in DictReader(text.splitlines()))
