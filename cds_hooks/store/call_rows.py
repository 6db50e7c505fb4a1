"""What one call leaves behind: its cards, its assessments, and that it was made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

import msgspec

from cds_hooks.engine.answer import Answer, IssuedCard
from cds_hooks.engine.call import Call
from cds_hooks.engine.evaluation import Assessment, Evaluation, asked, predictor_of
from cds_hooks.engine.patient import Risk
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.inputs import identity, kept_inputs
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.schema import Batch, Row
from cds_hooks.store.timestamps import written
from predictors.predictor import Prediction, Reason, Refusal


def records(answer: Answer, call: Call, *, settings: StoreSettings, keys: Keys) -> Batch:
    """The rows of one call; a repeated one has the same cards and assessments again."""
    if call.private:
        settings = msgspec.structs.replace(settings, inputs="none")
    writing = _Writing(answer, call, settings, keys)
    made = {id(each): list(writing.assessments(each)) for each in answer.evaluations}
    return {
        "cards": [writing.card(each, made) for each in answer.issued],
        "suggestions": [row for each in answer.issued for row in writing.suggestions(each)],
        "assessments": [row for rows in made.values() for row in rows],
        "audit_events": [writing.event()],
    }


def view(card: Row, call: Call) -> Batch:
    """The row that says that the detail of that card was opened by its client."""
    subject = {name: card[name] for name in ("patient_id", "user_id", "encounter_id")}
    event = {
        "client": call.client,
        "id": call.id,
        "event": "detail",
        "service": card["service"],
        "hook_instance": card["hook_instance"],
        **subject,
        "detail": _json({"card": card["uuid"]}),
        "recorded_at": written(call.at),
    }
    return {"audit_events": [event]}


@dataclass(frozen=True, slots=True)
class _Writing:
    answer: Answer
    call: Call
    settings: StoreSettings
    keys: Keys
    pseudonyms: dict[tuple[str, str], str] = field(default_factory=dict)
    """Of this call: the same resource is behind many inputs."""

    def card(self, made: IssuedCard, assessed: dict[int, list[Row]]) -> Row:
        card, client = made.card, self.call.client
        topic = card.source.topic
        rows = [row for each in made.rests_on for row in assessed[id(each)]]
        return {
            "client": client,
            "uuid": str(card.uuid),
            "hook_instance": self._hook_instance,
            "service": self.answer.service.id,
            "topic": topic.code if topic else None,
            "indicator": card.indicator,
            "over": _finite(made.over),
            **self._subject(),
            "shown": not made.withheld,
            "withheld_reason": made.withheld or None,
            "issued_at": written(self.call.at),
            "content": _json(card) if self.settings.card_content else None,
            "assessments": _json([row["id"] for row in rows]),
        }

    def suggestions(self, made: IssuedCard) -> Iterator[Row]:
        for each in made.card.suggestions or ():
            yield {
                "client": self.call.client,
                "uuid": str(each.uuid),
                "card_uuid": str(made.card.uuid),
            }

    def assessments(self, evaluation: Evaluation) -> Iterator[Row]:
        for each in evaluation.assessments:
            yield self._assessment(evaluation, each)

    def _assessment(self, evaluation: Evaluation, assessment: Assessment) -> Row:
        predictor = predictor_of(evaluation.service, assessment)
        named = (evaluation.service.id, asked(assessment), predictor.version if predictor else "")
        if isinstance(assessment, Refusal):
            told, content = self._refusal(assessment)
        else:
            told, content = self._risk(assessment, shown=self._shown(evaluation))
        called = (self.call.client, self._hook_instance, self.answer.service.id)
        kind = "shadow" if evaluation.shadow else "assessment"
        return {
            "client": self.call.client,
            "id": self.keys.digest(kind, *called, *named, content),
            "hook_instance": self._hook_instance,
            "service": evaluation.service.id,
            "predictor": asked(assessment),
            "version": predictor.version if predictor else None,
            "as_of": written(self.answer.chart.as_of),
            **told,
            "mode": "shadow" if evaluation.shadow else self.answer.mode,
            "patient_id": self._subject()["patient_id"],
            "created_at": written(self.call.at),
        }

    def _refusal(self, refusal: Refusal) -> tuple[Row, str]:
        reasons = _json([self._reason(each) for each in refusal.reasons])
        nothing = dict.fromkeys(("outcome", "risk", "low", "high", *_INPUTS))
        return {**nothing, "predictions": "[]", "reasons": reasons}, reasons

    def _reason(self, reason: Reason) -> dict[str, str]:
        told = {"input": reason.input, "problem": reason.problem.value, "text": reason.text}
        # The text names the value that is out of range.
        return told if self._full else {key: told[key] for key in ("input", "problem")}

    def _shown(self, evaluation: Evaluation) -> bool:
        return any(evaluation is each for made in self.answer.shown for each in made.rests_on)

    def _risk(self, risk: Risk, *, shown: bool) -> tuple[Row, str]:
        # To explain a tree model costs more than to ask it, so only what is shown is explained.
        told = risk.explained() if shown and self._full else risk
        predictions = told.assessment.predictions
        inputs = kept_inputs(risk, self._resource)
        first = predictions[0]
        row = {
            "outcome": first.outcome,
            "risk": _finite(first.value),
            "low": _finite(first.low),
            "high": _finite(first.high),
            "predictions": _json([self._prediction(each) for each in predictions]),
            "inputs": _json(inputs) if self._full else None,
            "inputs_digest": self._digest(inputs),
            "contributions": _contributions(predictions) if self._full else None,
            "reasons": "[]",
        }
        return row, identity(inputs).decode()

    def _prediction(self, prediction: Prediction) -> dict[str, object]:
        told: dict[str, object] = msgspec.to_builtins(prediction)
        # Kept apart, and only with the inputs, which they give away.
        apart = {"link", "baseline", "contributions"} | (set() if self._full else {"note"})
        return {key: value for key, value in told.items() if key not in apart}

    def _digest(self, inputs: dict[str, dict[str, object]]) -> str | None:
        if self.settings.inputs != "hashed":
            return None
        return self.keys.digest("inputs", identity(inputs).decode())

    def event(self) -> Row:
        answer, shown = self.answer, len(self.answer.shown)
        unanswered = {e.service.id: e.unanswered for e in answer.evaluations if e.unanswered}
        detail = {"shown": shown, "withheld": len(answer.issued) - shown, "mode": answer.mode}
        return {
            "client": self.call.client,
            "id": self.call.id,
            "event": "call",
            "service": answer.service.id,
            "hook_instance": self._hook_instance,
            **self._subject(),
            "detail": _json({**detail, **({"unanswered": unanswered} if unanswered else {})}),
            "recorded_at": written(self.call.at),
        }

    def _subject(self) -> dict[str, str | None]:
        context = self.answer.request.context
        return {
            "patient_id": self._keyed("patient", context.patient_id),
            "user_id": self._keyed("user", context.user_id) if context.user_id else None,
            "encounter_id": (
                self._keyed("encounter", context.encounter_id) if context.encounter_id else None
            ),
        }

    def _keyed(self, kind: str, id: str) -> str:
        known = self.pseudonyms.get((kind, id))
        if known is None:
            known = self.keys.of(kind, id, client=self.call.client)
            self.pseudonyms[kind, id] = known
        return known

    def _resource(self, reference: str) -> str:
        return self._keyed("resource", reference)

    @property
    def _hook_instance(self) -> str:
        return str(self.answer.request.hook_instance)

    @property
    def _full(self) -> bool:
        return self.settings.inputs == "full"


_INPUTS = ("inputs", "inputs_digest", "contributions")


def _contributions(predictions: tuple[Prediction, ...]) -> str | None:
    """What each input adds, by outcome; None where that was not computed."""
    told = {
        each.outcome: {
            "link": each.link.value,
            "baseline": each.baseline,
            "parts": {part.input: part.amount for part in each.contributions},
        }
        for each in predictions
        if each.contributions
    }
    return _json(told) if told else None


def _finite(number: float) -> float | None:
    # Of what is not finite, each database and JSON make something else.
    return float(number) if isfinite(number) else None


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
