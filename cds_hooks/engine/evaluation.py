"""What one service makes of one chart: what it found, what it assessed, and why not more."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import msgspec

from cds_hooks.engine.card_text import not_assessed_card
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.eligibility import beyond_age, expected, ruled_out
from cds_hooks.engine.finding import Finding, Purpose
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.service import Service
from cds_hooks.engine.topics import row_of
from cds_hooks.protocol.cards import URGENCY
from predictors.predictor import NotAssessed, Predictor, Reason, Refusal

Assessment: TypeAlias = Risk | Refusal
"""What came of asking one predictor: a risk, or its refusal."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Findings as they are shown, every assessment that was made, and why there are not more.

    Of one service the most urgent is first; one that gathers ranks by purpose.

    A `shadow` is what versions that the site only tries made of it: recorded, never shown.
    `unanswered` says why the service gave none of it, if it did not: it was too slow, or raised.
    """

    service: Service
    findings: tuple[Finding, ...] = ()
    reasons: tuple[Reason, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    unanswered: Literal["", "late", "failed"] = ""
    shadow: bool = False

    def finding(self, topic: str) -> Finding | None:
        """The most urgent finding of that topic, or of any where it is ""."""
        found = (each for each in self.findings if not topic or each.topic == topic)
        return next(found, None)


def evaluate(
    service: Service, chart: Chart, *, gathered: tuple[Evaluation, ...] = ()
) -> Evaluation:
    """Runs the service on the chart, unless the patient is deceased, not eligible or excluded.

    `gathered` are the evaluations of its parts.
    """
    findings = tuple(finding for part in gathered for finding in part.findings)
    patient = chart.shown_to(service, findings)
    if (reason := ruled_out(service, patient)) is not None:
        refusal = Refusal(service.id, (reason,))
        return Evaluation(service, reasons=(reason,), assessments=(refusal,))
    evaluation = _evaluated(service, patient)
    reason = beyond_age(service, patient)
    return _of_another_age(evaluation, reason) if reason else evaluation


def _of_another_age(evaluation: Evaluation, reason: Reason) -> Evaluation:
    """What may be shown of thresholds that are an adult's: what cannot wait, and that it is so."""
    said = f"**{reason.text[:1].upper()}{reason.text[1:]}.** The thresholds are those of adults."
    critical = (each for each in evaluation.findings if each.card.indicator == "critical")
    return replace(
        evaluation,
        findings=tuple(_saying(each, said) for each in critical),
        reasons=(reason, *evaluation.reasons),
        assessments=(*evaluation.assessments, Refusal(evaluation.service.id, (reason,))),
    )


def _saying(finding: Finding, said: str) -> Finding:
    detail = "\n\n".join(filter(None, (said, finding.card.detail or "")))
    return replace(finding, card=msgspec.structs.replace(finding.card, detail=detail))


def _evaluated(service: Service, patient: Assessed) -> Evaluation:
    made: list[Assessment] = []
    findings, refusals = _presented(service, replace(patient, observe=made.append))
    findings += [
        Finding(not_assessed_card(service, each), over=0.0)
        for each in refusals
        if expected(service, patient, each)
    ]
    findings = [replace(each, purpose=_purpose(service, each)) for each in findings]
    return Evaluation(
        service,
        # One that gathers has ranked them itself.
        findings=tuple(findings if service.gathers else sorted(findings, key=_urgency)),
        reasons=tuple(reason for each in refusals for reason in each.reasons),
        assessments=_one_a_predictor([*made, *refusals]),
    )


def _urgency(finding: Finding) -> int:
    return URGENCY.index(finding.card.indicator)


def _purpose(service: Service, finding: Finding) -> Purpose:
    if finding.card.indicator == "critical":
        return "danger"
    if finding.purpose:
        return finding.purpose
    listed = row_of(finding.topic)
    return (listed.purpose if listed else "") or service.purpose


def _presented(service: Service, patient: Assessed) -> tuple[list[Finding], list[Refusal]]:
    findings: list[Finding] = []
    refusals: list[Refusal] = []
    try:
        for item in service.present(patient):
            if isinstance(item, NotAssessed):
                refusals.append(item.refusal)
            else:
                findings.append(item if isinstance(item, Finding) else Finding(item))
    except NotAssessed as error:
        refusals.append(error.refusal)
    return findings, refusals


def _one_a_predictor(assessments: list[Assessment]) -> tuple[Assessment, ...]:
    made: dict[str, Assessment] = {}
    for each in assessments:
        made.setdefault(asked(each), each)
    return tuple(made.values())


def asked(assessment: Assessment) -> str:
    """The name of the predictor that was asked, or of who refused before."""
    if isinstance(assessment, Refusal):
        return assessment.predictor
    return assessment.assessment.predictor.name


def predictor_of(service: Service, assessment: Assessment) -> Predictor | None:
    """The predictor itself; None where the service refused before it asked one."""
    if isinstance(assessment, Risk):
        return assessment.assessment.predictor
    return next((each for each in service.uses if each.name == asked(assessment)), None)
