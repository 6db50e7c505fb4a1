"""The one patient that a service is shown: declared facts as of one moment, and risks from them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cds_hooks.engine.finding import Finding
from cds_hooks.protocol.hooks import Context
from cds_hooks.settings.site import Site
from fhir_adapters.facts import facts
from fhir_adapters.facts.facts import Fact, State
from fhir_adapters.readers.unplaced import CAUSES, doubts
from fhir_adapters.record import (
    DropCode,
    Measurement,
    Note,
    NoteCode,
    PatientRecord,
    RecordedCondition,
)
from fhir_adapters.terminology import value_sets
from predictors.predictor import (
    Input,
    Kind,
    NotAssessed,
    OneOf,
    Prediction,
    Predictor,
    Problem,
    Question,
    Reason,
    Refusal,
    RiskAssessment,
    Value,
)

_BEYOND = {"<": -math.inf, ">": math.inf}


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk assessment joined with the facts that it rests on, by input name."""

    assessment: RiskAssessment
    facts: Mapping[str, Fact]

    def __getitem__(self, outcome: str) -> Prediction:
        """The prediction of that outcome."""
        return self.assessment[outcome]

    def explained(self) -> "Risk":
        """The same risk with the contributions of each input, which a tree model leaves out."""
        return replace(self, assessment=self.assessment.explained())

    def label(self, name: str) -> str:
        """The clinical name of an input; what no chart holds is named by the predictor."""
        return _label(self.assessment.predictor, name)

    @property
    def gaps(self) -> tuple[Reason, ...]:
        """What was missing, and why."""
        missing = (
            Reason(name, Problem.MISSING, f"no usable {name}") for name in self.assessment.missing
        )
        predictor = self.assessment.predictor
        return tuple(_explained(reason, predictor, self.facts) for reason in missing)


def _ignore(_: Risk | Refusal) -> None:
    """Observes nothing."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one record was asked before, as of one moment: many services ask the same of it.

    `facts` are by the input's question, `risks` by the predictor's name; each is found once.
    """

    facts: dict[Question, Fact] = field(default_factory=dict)
    risks: dict[str, Risk | Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assessed:
    """The patient as one service may see it.

    `declared` are the facts that the service itself reads; `thresholds` are the site's own, and so
    are `rules`, which it turned on or off by key, and `removes_drafts`, whether a card may suggest
    to delete a draft order; `findings` are those of the services that it gathers; `models` are the
    tree models with their verified trees, by name: one that is not among them refuses as
    unavailable. `observe` is told of every risk that the service asks for, or of the refusal.
    `answers` is shared by all services.
    """

    record: PatientRecord
    as_of: datetime
    context: Context
    declared: Mapping[str, Input]
    site: Site
    thresholds: Mapping[str, float]
    rules: Mapping[str, bool] = field(default_factory=dict)
    removes_drafts: bool = False
    findings: tuple[Finding, ...] = ()
    models: Mapping[str, Predictor] = field(default_factory=dict)
    observe: Callable[[Risk | Refusal], None] = _ignore
    answers: Answers = field(default_factory=Answers, repr=False, compare=False)

    def fact(self, name: str) -> Fact:
        """The fact of that name; KeyError if the service did not declare it."""
        return self._answer(self.declared[name])

    def history(self, name: str) -> tuple[Fact, ...]:
        """Each result of a declared series within its look-back, newest first.

        One beyond the plausible range is among them, with a note of the code IMPLAUSIBLE.
        """
        declared = self.declared[name]
        within = timedelta(days=366 * declared.years, hours=declared.hours)
        return facts.history(
            self.record,
            name,
            unit=declared.unit,
            window=declared.window,
            as_of=self.as_of,
            within=within,
        )

    def entries(self, name: str) -> tuple[RecordedCondition, ...]:
        """Every entry of the problem list of a declared condition, those in doubt too, not over."""
        name = self.declared[name].name
        return facts.entries(self.record, name, as_of=self.as_of)

    def recorded(self, name: str) -> bool:
        """Whether the chart certainly records the condition or medication."""
        fact = self.fact(name)
        return fact.value is True and not fact.alternatives

    def doubt(self, name: str) -> str:
        """Why the chart leaves open whether it is there; "" if it does not.

        To say that something is not recorded, or not on the list, is a claim: it is made only
        where this is "".
        """
        fact = self.fact(name)
        if fact.alternatives:
            return "; ".join(note.text for note in fact.notes) or "it was not given to us"
        if fact.value is not True and (texts := tuple(doubts(fact.notes))):
            return "; ".join(texts)
        unknown = len(facts.unrecognised(self.record))
        if not unknown or fact.value or name not in value_sets.medication_classes():
            return ""
        drugs = "an active drug was" if unknown == 1 else f"{unknown} active drugs were"
        return f"{drugs} not recognised"

    def perhaps(self, name: str) -> bool:
        """Whether an entry that could not be placed names it, which is then to be checked."""
        return any(
            each.code in CAUSES and name in (each.may_be or ()) for each in self.record.dropped
        )

    def refuted(self, name: str) -> bool:
        """Whether an entry of the problem list says that the patient does not have it."""
        return any(
            each.code is DropCode.REFUTED and name in (each.may_be or ())
            for each in self.record.dropped
        )

    def threshold(self, key: str, default: float) -> float:
        """The site's own threshold of that key for this service, or the published default."""
        return self.thresholds.get(key, default)

    def risk(self, predictor: Predictor) -> Risk:
        """Assesses the patient with a predictor that the service declared; raises NotAssessed."""
        found = self._found(self.models.get(predictor.name, predictor))
        self.observe(found)
        if isinstance(found, Refusal):
            raise NotAssessed(found.predictor, found.reasons)
        return found

    def _found(self, predictor: Predictor) -> Risk | Refusal:
        known = self.answers.risks
        if predictor.name not in known:
            try:
                known[predictor.name] = self._assessed(predictor)
            except NotAssessed as error:
                known[predictor.name] = error.refusal
        return known[predictor.name]

    def _assessed(self, predictor: Predictor) -> Risk:
        known, read = self.answers.facts, dict[str, Fact]()
        for declared in predictor.inputs:
            fact = known.get(declared.question)
            if fact is None:
                fact = known[declared.question] = self._asked(declared)
            bounded = declared.derived_by is not None and fact.bound
            # A reported ">60" bounds the value but cannot stand for it in an equation.
            read[declared.name] = replace(fact, value=None, alternatives=()) if bounded else fact
        if predictor.within_hours != math.inf:
            read |= _of_another_set(read, predictor)
        return Risk(_assess(predictor, _known(read), read), read)

    def before(self, moment: datetime) -> "Assessed":
        """The patient as of an earlier moment, on the same chart without later measurements.

        Risks of then are not observed: they are no assessments of now.
        """
        record = self.record.before(moment)
        return replace(self, record=record, as_of=moment, observe=_ignore, answers=Answers())

    def before_newest(self, predictor: Predictor) -> "Assessed | None":
        """The patient as of before the newest measurements that the predictor takes together.

        None if there are none, or if it takes all together whenever they were taken.
        """
        answers = {each.name: self._answer(each) for each in predictor.inputs}
        began = _set_began(answers, predictor)
        return self.before(began) if began else None

    def _answer(self, declared: Input) -> Fact:
        known = self.answers.facts
        fact = known.get(declared.question)
        if fact is None:
            fact = known[declared.question] = self._asked(declared)
        return fact

    def _asked(self, declared: Input) -> Fact:
        if declared.derived_by is None:
            return self.read(declared)
        found = self._found(declared.derived_by)
        if isinstance(found, Refusal):
            return _as_reported(self.read(declared))
        return _derived(declared, found)

    def read(self, declared: Input) -> Fact:
        """Asks the record for a declared input, in its unit and window."""
        record, as_of, name = self.record, self.as_of, declared.name
        unit, window = declared.unit, declared.window
        match declared.kind:
            case Kind.CONDITION:  # the most common by far
                return facts.condition(record, name, as_of=as_of)
            case Kind.AGE:
                return facts.age(record, as_of=as_of)
            case Kind.SEX:
                return facts.sex(record)
            case Kind.VALUE if declared.visits > 1:
                visits = declared.visits
                return facts.mean_of_visits(record, name, unit=unit, visits=visits, as_of=as_of)
            case Kind.VALUE:
                return facts.latest(record, name, unit=unit, window=window, as_of=as_of)
            case Kind.SERIES:
                within = timedelta(days=366 * declared.years, hours=declared.hours)
                return facts.series(
                    record, name, unit=unit, window=window, as_of=as_of, within=within
                )
            case Kind.CODE:
                return facts.coded(record, name, window=window, as_of=as_of)
            case Kind.MEDICATION:
                return facts.medication(record, name, as_of=as_of)
            case Kind.ALLERGY:
                return facts.allergies(record)
            case Kind.ENCOUNTER:
                encounter_id = self.context.encounter_id or ""
                return facts.encounter(record, name, encounter_id=encounter_id, as_of=as_of)
            case Kind.ONSET_AGE:
                condition = name.removesuffix("_onset_age")
                return facts.onset_age(record, condition, as_of=as_of)
            case Kind.STATED:
                # Only a person can state it, and no one is asked when a chart opens.
                return Fact(name, State.NOT_GIVEN, unit=unit)
            case Kind.SETTING:
                return Fact(name, State.KNOWN, value=getattr(self.site, name))


_MEASURED = frozenset({Kind.VALUE, Kind.SERIES, Kind.CODE})


def _of_another_set(answers: Mapping[str, Fact], predictor: Predictor) -> Mapping[str, Fact]:
    """The facts that are not taken together with the newest, as facts without a value."""
    began = _set_began(answers, predictor)
    times = _measured_at(answers, predictor)
    return {name: _apart(answers[name]) for name, time in times.items() if began and time < began}


def _set_began(answers: Mapping[str, Fact], predictor: Predictor) -> datetime | None:
    """From when on measurements are taken together with the newest; None if they all are."""
    newest = max(_measured_at(answers, predictor).values(), default=None)
    if newest is None or math.isinf(predictor.within_hours):
        return None
    return newest - timedelta(hours=predictor.within_hours)


def _measured_at(answers: Mapping[str, Fact], predictor: Predictor) -> Mapping[str, datetime]:
    """When each of the predictor's measurements was certainly there; a mere day: as it began."""
    return {
        each.name: max(times)
        for each in predictor.inputs
        if each.kind in _MEASURED and (times := _times(answers[each.name]))
    }


def _times(fact: Fact) -> list[datetime]:
    return [item.when.earliest for item in fact.basis if isinstance(item, Measurement)]


def _apart(fact: Fact) -> Fact:
    note = Note(
        NoteCode.STALE, "not measured close enough to the others to be taken together with them"
    )
    return Fact(fact.name, State.NO_RECORD, unit=fact.unit, notes=(*fact.notes, note))


def _known(read: Mapping[str, Fact]) -> dict[str, Value | OneOf]:
    """What the predictor is given of these facts: nothing of those that hold no value."""
    known: dict[str, Value | OneOf] = {}
    for name, fact in read.items():
        if fact.alternatives:
            known[name] = OneOf(fact.alternatives)
        elif fact.value is not None:
            known[name] = _beyond(fact.value, fact.bound) if fact.bound else fact.value
    return known


def _beyond(value: Value, bound: str) -> Value:
    if bound in _BEYOND and isinstance(value, int | float):
        # "<30" is below 30: at 30 itself it would be given the category above.
        return math.nextafter(value, _BEYOND[bound])
    return value


def _assess(
    predictor: Predictor, known: Mapping[str, Value | OneOf], read: Mapping[str, Fact]
) -> RiskAssessment:
    try:
        return predictor.assess(known)
    except NotAssessed as refusal:
        # Where the predictor does not apply, nothing else that it lacks matters.
        decisive = [r for r in refusal.reasons if r.problem is Problem.NOT_APPLICABLE]
        told = (_explained(each, predictor, read) for each in decisive or refusal.reasons)
        raise NotAssessed(predictor.name, tuple(told)) from None


def _label(predictor: Predictor, name: str) -> str:
    return predictor.named[name].label or value_sets.label(name)


def _explained(reason: Reason, predictor: Predictor, read: Mapping[str, Fact]) -> Reason:
    """The reason in clinical words, with what the adapters remark of the fact."""
    if not reason.input:
        return reason
    text = reason.text.replace(reason.input, _label(predictor, reason.input))
    if notes := "; ".join(note.text for note in read[reason.input].notes):
        text += f" ({notes})"
    return replace(reason, text=text)


def _derived(declared: Input, risk: Risk) -> Fact:
    prediction = risk.assessment.predictions[0]
    sources = tuple(risk.facts.values())
    computed = Note(NoteCode.DERIVED, f"computed by {risk.assessment.predictor.title}")
    return Fact(
        declared.name,
        State.KNOWN,
        unit=declared.unit,
        value=prediction.value,
        alternatives=() if prediction.certain else (prediction.low, prediction.high),
        basis=tuple(item for fact in sources for item in fact.basis),
        notes=(computed, *(note for fact in sources for note in fact.notes)),
    )


def _as_reported(fact: Fact) -> Fact:
    if fact.value is None:
        return fact
    return replace(
        fact, notes=(*fact.notes, Note(NoteCode.AS_REPORTED, "as reported by the laboratory"))
    )
