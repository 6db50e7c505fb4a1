"""An assessment's inputs as they are kept: what the predictor was given, and what that rests on."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from cds_hooks.engine.patient import Risk
from fhir_adapters.facts.fact import Fact
from fhir_adapters.record import (
    Measurement,
    Person,
    RecordedCondition,
    RecordedEncounter,
    RecordedMedication,
    When,
)

Kept: TypeAlias = dict[str, object]

Recorded: TypeAlias = Measurement | RecordedCondition | RecordedMedication | RecordedEncounter

Conceal: TypeAlias = Callable[[str], str]
"""What is kept of a reference to a resource."""


def kept_inputs(risk: Risk, conceal: Conceal) -> dict[str, Kept]:
    """By name what the predictor was given, in which unit, of what and when.

    `given` is the value itself, a series as (days before, value); `alternatives` are there instead
    where several were tried. Neither is there for what is missing. With them the predictor computes
    the same again. Times are aware datetimes, which JSON holds in ISO 8601.
    """
    given, varied = risk.assessment.inputs, risk.assessment.varied
    kept: dict[str, Kept] = {}
    for name, fact in risk.facts.items():
        told = kept[name] = {"state": fact.state}
        if name in varied:
            told["alternatives"] = fact.alternatives
        elif name in given:
            told["given"] = given[name]
        if fact.unit:
            told["unit"] = fact.unit
        if fact.bound:
            told["bound"] = fact.bound
        if fact.notes:
            told["notes"] = [note.code for note in fact.notes]
        if fact.basis and (basis := _basis(fact, conceal)):
            told["basis"] = basis
    return kept


def _basis(fact: Fact, conceal: Conceal) -> list[Kept]:
    # Of the person nothing is kept: the row is of the patient, and a birth date is not.
    return [_item(each, conceal) for each in fact.basis if not isinstance(each, Person)]


def _item(item: Recorded, conceal: Conceal) -> Kept:
    told = _MEMBERS[type(item)](item)
    told |= {"source": conceal(item.source.reference), "code": item.source.code}
    return {key: value for key, value in told.items() if value}


def _measured(item: Measurement) -> Kept:
    return {
        "value": str(item.value),
        "unit": item.unit,
        "bound": item.bound,
        "original": item.original,
        "when": _interval(item.when),
        "notes": [note.code for note in item.notes],
    }


def _medication(item: RecordedMedication) -> Kept:
    return {"authored": _interval(item.authored)}


def _encounter(item: RecordedEncounter) -> Kept:
    return {"setting": item.setting, "began": _interval(item.began)}


def _condition(item: RecordedCondition) -> Kept:
    return {
        "standing": item.standing,
        "onset": _interval(item.onset),
        "recorded": _interval(item.recorded),
    }


_MEMBERS: Mapping[type, Callable[[Any], Kept]] = {
    Measurement: _measured,
    RecordedCondition: _condition,
    RecordedMedication: _medication,
    RecordedEncounter: _encounter,
}


def _interval(when: When | None) -> tuple[datetime, datetime] | None:
    """The earliest and the latest that it may have been."""
    return (when.earliest, when.latest) if when else None


def identity(inputs: dict[str, Kept]) -> bytes:
    """What tells two sets of inputs apart, the moment they were asked for aside.

    A series is given as days before that moment; what it rests on has its own times.
    """
    lasting = {
        name: kept if not isinstance(kept.get("given"), tuple | list) else {**kept, "given": None}
        for name, kept in inputs.items()
    }
    return msgspec.json.encode(lasting)
