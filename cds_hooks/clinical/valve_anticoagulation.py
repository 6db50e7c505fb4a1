"""A mechanical heart valve without an anticoagulant, which is an emergency."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.stroke_prevention import against, mechanical_valve
from cds_hooks.engine.card_text import cited, detail, remarks_of
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.guidelines import GUIDELINES
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Card, Indicator

GUIDELINE = GUIDELINES["mechanical-valve"]
ACTION = "urgent-anticoagulation"
BLEEDING = ("active_bleeding", "intracranial_hemorrhage")


def unprotected_valve(patient: Assessed) -> Iterator[Finding]:
    """The card of a proven mechanical valve without an anticoagulant, unless comfort is the aim.

    Where the medication list leaves it open, or something bleeds, it is shown and not critical.
    """
    if patient.recorded("comfort_measures") or patient.recorded("anticoagulant"):
        return
    if not mechanical_valve(patient):
        if patient.perhaps("mechanical_valve"):
            found = "may be recorded, no anticoagulant on the list"
            yield _finding(patient, found, "warning", "Check the problem list: act as if true.")
        return
    doubt = patient.doubt("anticoagulant")
    reasons = [found for found, row in against(patient) if row.name in BLEEDING]
    if doubt:
        yield _finding(
            patient, "anticoagulation unclear", "warning", f"Check the medication list: {doubt}."
        )
    elif reasons:
        told = f"Recorded: {', '.join(reasons)}. Decide now with cardiology when to anticoagulate."
        yield _finding(patient, f"no anticoagulant, {reasons[0]}", "warning", told)
    else:
        yield _finding(patient, "no anticoagulant on the list", "critical", "")


def _finding(patient: Assessed, found: str, indicator: Indicator, told: str) -> Finding:
    band = GUIDELINE.bands[-1]
    publication = GUIDELINE.publication(band)
    valve = patient.fact("mechanical_valve")
    card = Card(
        summary=f"Mechanical heart valve: {found}",
        indicator=indicator,
        source=cited(publication, topic="MechanicalValve"),
        detail=detail(
            f"**{publication.cited}**, {band.name}: {band.advice}.",
            told,
            remarks=remarks_of((valve, patient.fact("anticoagulant"))),
        ),
    )
    reason = f"Mechanical heart valve, {found}"
    return Finding(offering(card, suggest(ACTION, patient, reason=reason, because=valve.basis)))
