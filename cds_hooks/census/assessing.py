"""One patient's chart, fetched and answered as a call of the hook, and recorded as one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from cds_hooks.census.inpatients import Inpatient
from cds_hooks.engine.answer import Answer
from cds_hooks.engine.call import Call
from cds_hooks.engine.discovery import OfferedService
from cds_hooks.engine.evaluation import Evaluation, asked
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.patient import Risk
from cds_hooks.engine.respond import respond
from cds_hooks.fhir_client.fetch import Fetcher
from cds_hooks.fhir_export.risk_assessments import risk_assessments
from cds_hooks.protocol.errors import CDSError
from cds_hooks.protocol.hooks import CONTEXTS, Context, HookRequest
from cds_hooks.settings.clients import FhirServer
from cds_hooks.store.recorder import Recorder

CLIENT = "census"
"""Whose calls they are in the record."""

HOOK = "patient-view"
MOST_REASONS = 3


class NotRead(Exception):
    """The chart could not be assessed; the message says why in words of ours."""


@dataclass(frozen=True, slots=True)
class Assessor:
    """How charts are fetched and answered: the service that gathers all that are live."""

    server: FhirServer
    scope: str
    offered: OfferedService
    models: Models
    recorder: Recorder
    fetcher: Fetcher

    def answer(
        self, inpatient: Inpatient, token: str, *, hour: datetime, now: datetime, whole: bool
    ) -> Answer:
        """The answer on the chart as it is now, recorded; raises NotRead.

        With `whole` a chart of which some part was not fetched is not taken.
        """
        request, began = self._request(inpatient, token, hour), monotonic()
        try:
            made = respond(
                self.offered,
                request,
                now=now,
                began=began,
                models=self.models,
                fetch=self.fetcher.for_call((self.server,), began=began),
            )
        except CDSError as error:
            raise NotRead(error.code) from None
        if whole and made.chart.unfetched:
            raise NotRead("a part of the chart was not fetched")
        call = Call(CLIENT, str(uuid5(request.hook_instance, now.isoformat())), now, began)
        self.recorder.record(made, call)
        return made

    def _request(self, inpatient: Inpatient, token: str, hour: datetime) -> HookRequest[Context]:
        context = {"patientId": inpatient.patient}
        if inpatient.encounter:
            context["encounterId"] = inpatient.encounter
        access = {"access_token": token, "token_type": "Bearer", "scope": self.scope}
        named = "|".join((CLIENT, inpatient.patient, hour.isoformat()))
        kind = CONTEXTS[HOOK]
        try:
            return msgspec.convert(
                {
                    "hook": HOOK,
                    "hookInstance": str(uuid5(NAMESPACE_URL, named)),
                    "context": context,
                    "fhirServer": self.server.base,
                    "fhirAuthorization": access,
                },
                HookRequest[kind],  # type: ignore[valid-type] # made at run time
            )
        except msgspec.ValidationError:
            raise NotRead("the census holds an id that no chart can have") from None


def made_of(answer: Answer) -> tuple[Evaluation, ...]:
    """The evaluations that are the site's own, none of a version on trial."""
    return tuple(each for each in answer.evaluations if not each.shadow)


def resources(answer: Answer, hour: datetime) -> Iterator[dict[str, Any]]:
    """RiskAssessments with ids of patient, service, predictor and hour: one an hour, ever."""
    patient = answer.request.context.patient_id
    for evaluation in made_of(answer):
        made = risk_assessments(evaluation, answer.chart)
        for assessment, resource in zip(evaluation.assessments, made, strict=True):
            named = (CLIENT, patient, evaluation.service.id, asked(assessment), hour.isoformat())
            yield resource | {"id": str(uuid5(NAMESPACE_URL, "|".join(named)))}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The greatest probability that a service assessed, and the inputs that had data for it."""

    risk: float
    known: frozenset[str]


def evidence(answer: Answer, service: str) -> Evidence | None:
    """What the service assessed; None where it assessed no probability."""
    found = [
        Evidence(prediction.value, frozenset(n for n, fact in risk.facts.items() if fact.basis))
        for evaluation in made_of(answer)
        if evaluation.service.id == service
        for risk in evaluation.assessments
        if isinstance(risk, Risk)
        for prediction in risk.assessment.predictions
        if prediction.unit == "1"
    ]
    return max(found, key=lambda each: each.risk, default=None)


def rows(answer: Answer) -> Iterator[dict[str, Any]]:
    """What a worklist reads: a row for each assessment and each life-threatening finding."""
    patient = answer.request.context.patient_id
    for evaluation in made_of(answer):
        named = {"patient": patient, "service": evaluation.service.id}
        for each in evaluation.assessments:
            if isinstance(each, Risk):
                yield from (named | row for row in _assessed(each))
            else:
                yield named | {"risk": None, "missing": [reason.text for reason in each.reasons]}
        for finding in evaluation.findings:
            if finding.card.indicator == "critical" and not evaluation.service.gathers:
                told = {"band": "critical", "reasons": [finding.card.summary]}
                yield named | {"outcome": finding.topic, "risk": None} | told


def _assessed(risk: Risk) -> Iterator[dict[str, Any]]:
    predictor, shown = risk.assessment.predictor, risk.explained()
    for prediction in shown.assessment.predictions:
        order = sorted(prediction.contributions, key=lambda part: -abs(part.amount))
        probability = prediction.unit == "1"
        yield {
            "outcome": prediction.outcome,
            "version": predictor.version,
            "risk": prediction.value if probability else None,
            "band": "" if probability else f"{prediction.value:g} {prediction.unit}".strip(),
            "reasons": [risk.label(part.input) for part in order[:MOST_REASONS]],
        }
