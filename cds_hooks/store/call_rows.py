"""What one call leaves behind: a row of the call with its assessments, and a row for each card."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from math import isfinite

import msgspec

from cds_hooks.engine.answer import Answer, IssuedCard
from cds_hooks.engine.call import Call
from cds_hooks.engine.evaluation import Assessment, Evaluation, predictor_of
from cds_hooks.engine.patient import Risk
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.assessments import (
    KeptAssessment,
    KeptAssessments,
    KeptPrediction,
    KeptReason,
    pack,
)
from cds_hooks.store.inputs import KeptFacts, identity
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.schema import Batch, Row, Value
from cds_hooks.store.timestamps import written
from predictors.predictor import Prediction, Reason, Refusal


def records(answer: Answer, call: Call, *, settings: StoreSettings, keys: Keys) -> Batch:
    """The rows of one call; a repeated one has the same cards again, and a row of its own."""
    mode, inputs = answer.mode, "none" if call.private else settings.inputs
    conceal = partial(keys.of, "resource", client=call.client)
    kept = _Keeping(answer, mode, inputs, keys, KeptFacts(conceal))
    places, service, at = kept.add(), answer.service, written(call.at)
    made: dict[str, Value] = {
        "client": call.client,
        "service": service.id,
        "hook_instance": str(answer.request.hook_instance),
        **_subject(answer, call, keys),
    }
    told: dict[str, Value] = {"id": call.id, "event": "call", "hook": service.hook, "mode": mode}
    of_call: dict[str, Value] = {"assessments": kept.packed(), "recorded_at": at}
    of_card: dict[str, Value] = {"call_id": call.id, "issued_at": at}
    cards = [_card(each, places, content=settings.card_content) for each in answer.issued]
    return {
        "calls": [{**made, **told, **_numbers(answer), **of_call}],
        "cards": [{**made, **each, **of_card} for each in cards],
    }


def view(card: Row, call: Call) -> Batch:
    """The row that says that the detail of that card was opened by its client."""
    subject = {name: card[name] for name in ("patient_id", "user_id", "encounter_id")}
    event = {
        "client": call.client,
        "id": call.id,
        "event": "detail",
        "hook": None,
        "service": card["service"],
        "hook_instance": card["hook_instance"],
        "mode": None,
        **subject,
        "shown": None,
        "withheld": None,
        "detail": _json({"card": card["uuid"]}),
        "assessments": None,
        "recorded_at": written(call.at),
    }
    return {"calls": [event]}


def _subject(answer: Answer, call: Call, keys: Keys) -> dict[str, Value]:
    context, client = answer.request.context, call.client
    user, encounter = context.user_id, context.encounter_id
    return {
        "patient_id": keys.of("patient", context.patient_id, client=client),
        "user_id": keys.of("user", user, client=client) if user else None,
        "encounter_id": keys.of("encounter", encounter, client=client) if encounter else None,
    }


def _numbers(answer: Answer) -> dict[str, Value]:
    shown = len(answer.shown)
    unanswered = {e.service.id: e.unanswered for e in answer.evaluations if e.unanswered}
    return {
        "shown": shown,
        "withheld": len(answer.issued) - shown,
        "detail": _json({"unanswered": unanswered}) if unanswered else None,
    }


def _card(made: IssuedCard, places: dict[int, Sequence[int]], *, content: bool) -> dict[str, Value]:
    card, topic = made.card, made.card.source.topic
    return {
        "uuid": str(card.uuid),
        "topic": topic.code if topic else None,
        "indicator": card.indicator,
        "over": float(made.over) if isfinite(made.over) else None,
        "shown": not made.withheld,
        "withheld_reason": made.withheld or None,
        "content": _json(card) if content else None,
        "suggestions": _json([str(each.uuid) for each in card.suggestions or ()]),
        "rests_on": _json([place for each in made.rests_on for place in places[id(each)]]),
    }


@dataclass(frozen=True, slots=True)
class _Keeping:
    """The assessments of one answer as they are kept."""

    answer: Answer
    mode: str
    inputs: str
    keys: Keys
    facts: KeptFacts
    made: list[KeptAssessment] = field(default_factory=list)

    def add(self) -> dict[int, Sequence[int]]:
        """Adds all of them; their places by the `id` of their evaluation."""
        places: dict[int, Sequence[int]] = {}
        shown = {id(each) for issued in self.answer.shown for each in issued.rests_on}
        for evaluation in self.answer.evaluations:
            before = len(self.made)
            for each in evaluation.assessments:
                self.made.append(self._kept(evaluation, each, id(evaluation) in shown))
            places[id(evaluation)] = range(before, len(self.made))
        return places

    def packed(self) -> bytes:
        """The column that holds them."""
        as_of = self.answer.chart.as_of
        facts = tuple(self.facts.facts) if self.inputs == "full" else ()
        return pack(KeptAssessments(as_of, tuple(self.made), facts))

    def _kept(self, evaluation: Evaluation, made: Assessment, shown: bool) -> KeptAssessment:
        mode = "shadow" if evaluation.shadow else self.mode
        service = evaluation.service
        if isinstance(made, Refusal):
            predictor = predictor_of(service, made)
            version = predictor.version if predictor else None
            reasons = tuple([self._reason(each) for each in made.reasons])
            return KeptAssessment(service.id, made.predictor, version, mode, reasons=reasons)
        full = self.inputs == "full"
        # To explain a tree model costs more than to ask it, so only what is shown is explained.
        told = made.assessment.explained() if shown and full else made.assessment
        return KeptAssessment(
            service.id,
            told.predictor.name,
            told.predictor.version,
            mode,
            tuple([_prediction(each, full) for each in told.predictions]),
            self.facts.places(made) if full else None,
            self._digest(made) if self.inputs == "hashed" else None,
        )

    def _reason(self, reason: Reason) -> KeptReason:
        # The text names the value that is out of range.
        text = reason.text if self.inputs == "full" else ""
        return KeptReason(reason.input, reason.problem, text)

    def _digest(self, risk: Risk) -> str:
        facts = tuple(self.facts.facts[place] for place in self.facts.places(risk))
        return self.keys.digest("inputs", identity(facts).decode())


def _prediction(made: Prediction, full: bool) -> KeptPrediction:
    # Notes and contributions give inputs away.
    parts = made.contributions if full else ()
    return KeptPrediction(
        made.outcome,
        # Of what is not finite, each database and JSON make something else.
        made.value if isfinite(made.value) else None,
        made.low if isfinite(made.low) else None,
        made.high if isfinite(made.high) else None,
        made.unit,
        made.note if full else "",
        made.years,
        made.hours,
        *((made.link, made.baseline, {e.input: e.amount for e in parts}) if parts else ()),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
