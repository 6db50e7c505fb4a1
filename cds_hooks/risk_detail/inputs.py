"""Each input of a risk as a person checks it: its value, what it rests on, and how it moved."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds_hooks.clinical.model_cards import newest
from cds_hooks.engine.card_text import NO_RECORD, measured
from cds_hooks.engine.patient import Risk
from fhir_adapters.facts.fact import Basis, Fact, State
from fhir_adapters.record import (
    Measurement,
    PatientRecord,
    RecordedCondition,
    RecordedEncounter,
    RecordedMedication,
)
from predictors.predictor import Contribution, Kind, Prediction

_NOT_OF_THE_CHART = (Kind.SETTING, Kind.STATED)


@dataclass(frozen=True, slots=True)
class ShownInput:
    """One input: `adds` is what it adds on the link's scale, None where it adds nothing of its own.

    `lacking` is "" or why there is no value; `measurements` are all of the chart that it may be
    read from, newest first, `used` those that it rests on; `entries` are what else it rests on.
    """

    name: str
    label: str
    value: str
    adds: float | None
    lacking: str
    measurements: tuple[Measurement, ...]
    used: frozenset[str]
    entries: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def unrecorded(self) -> bool:
        """Whether all that there is to say of it is that the chart has no record of it."""
        return self.value == NO_RECORD and not (self.measurements or self.entries or self.notes)

    @property
    def numbers(self) -> tuple[Measurement, ...]:
        """The measurements of the newest one's concept that are numbers, oldest first."""
        concept = self.measurements[0].concept if self.measurements else ""
        found = (m for m in self.measurements if m.concept == concept)
        return tuple(m for m in reversed(tuple(found)) if isinstance(m.value, int | float))


def shown_inputs(
    record: PatientRecord, risk: Risk, prediction: Prediction
) -> tuple[ShownInput, ...]:
    """The inputs of that prediction, those that move it most first, then those without a value."""
    adds = {part.input: part for part in prediction.contributions}
    found = [
        _shown(record, risk, risk.facts[each.name], part=adds.get(each.name))
        for each in risk.assessment.predictor.inputs
        if not each.excludes and each.kind not in _NOT_OF_THE_CHART
    ]
    return tuple(sorted(found, key=lambda each: (bool(each.lacking), -abs(each.adds or 0.0))))


def _shown(
    record: PatientRecord, risk: Risk, fact: Fact, *, part: Contribution | None
) -> ShownInput:
    measurements = tuple(sorted(_all_of(record, fact), key=lambda m: m.when, reverse=True))
    used = [item.source.reference for item in fact.basis if isinstance(item, Measurement)]
    return ShownInput(
        name=fact.name,
        label=risk.label(fact.name),
        value=newest(fact),
        adds=part.amount if part else None,
        lacking=_lacking(risk, fact),
        measurements=measurements,
        used=frozenset(used),
        entries=tuple(_entries(fact)),
        notes=tuple(dict.fromkeys(note.text for note in fact.notes)),
    )


def _all_of(record: PatientRecord, fact: Fact) -> Iterator[Measurement]:
    found = (item.concept for item in fact.basis if isinstance(item, Measurement))
    for concept in dict.fromkeys((*found, fact.name)):
        yield from record.measurements.get(concept, ())


def _lacking(risk: Risk, fact: Fact) -> str:
    if fact.name in risk.assessment.varied:
        return "not exactly known: each value that it may have was tried"
    if fact.name not in risk.assessment.missing:
        return ""
    unknown = fact.alternatives or fact.state is State.NOT_GIVEN
    return "not known: it was not given to us" if unknown else "no usable record"


def _entries(fact: Fact) -> Iterator[str]:
    for item in fact.basis:
        if told := _entry(item):
            yield told


def _entry(item: Basis) -> str:
    """One entry of the chart that is no measurement, in words."""
    reference = item.source.reference
    match item:
        case RecordedCondition():
            since = item.onset or item.recorded
            return f"{reference}, {item.standing.value}" + (f" since {since.text}" if since else "")
        case RecordedMedication():
            return reference + (f", ordered {item.authored.text}" if item.authored else "")
        case RecordedEncounter():
            began = f" since {item.began.text[:16]}" if item.began else ""
            return f"{reference}, {item.setting}{began}".replace("T", " ")
        case _:
            return ""


def told(measurement: Measurement) -> str:
    """One measurement as a clinician writes it."""
    return measured(
        Fact(
            measurement.concept,
            State.KNOWN,
            unit=measurement.unit,
            value=measurement.value,
            bound=measurement.bound,
        )
    )
