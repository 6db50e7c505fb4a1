"""An assessment's inputs as they are kept: what the predictor was given, and what that rests on."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

from cds_hooks.engine.patient import Risk
from cds_hooks.store.timestamps import written
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

Conceal: TypeAlias = Callable[[str], str]
"""What is kept of a reference to a resource."""


def kept_inputs(risk: Risk, conceal: Conceal) -> dict[str, Kept]:
    """By name what the predictor was given, in which unit, of what and when.

    `given` is the value itself, a series as (days before, value); `alternatives` are there instead
    where several were tried. Neither is there for what is missing. With them the predictor computes
    the same again.
    """
    return {name: _kept(name, fact, risk, conceal) for name, fact in risk.facts.items()}


def _kept(name: str, fact: Fact, risk: Risk, conceal: Conceal) -> Kept:
    told: Kept = {"state": fact.state.value}
    if name in risk.assessment.varied:
        told["alternatives"] = fact.alternatives
    elif name in risk.assessment.inputs:
        told["given"] = risk.assessment.inputs[name]
    further = {
        "unit": fact.unit,
        "bound": fact.bound,
        "notes": [note.code.value for note in fact.notes],
        "basis": list(_basis(fact, conceal)),
    }
    return told | {key: value for key, value in further.items() if value}


def _basis(fact: Fact, conceal: Conceal) -> Iterator[Kept]:
    for item in fact.basis:
        # Of the person nothing is kept: the row is of the patient, and a birth date is not.
        if not isinstance(item, Person):
            source = {"source": conceal(item.source.reference), "code": item.source.code}
            told = _measured(item) if isinstance(item, Measurement) else _recorded(item)
            yield {key: value for key, value in (source | told).items() if value}


def _measured(item: Measurement) -> Kept:
    return {
        "value": str(item.value),
        "unit": item.unit,
        "bound": item.bound,
        "original": item.original,
        "when": _interval(item.when),
        "notes": [note.code.value for note in item.notes],
    }


def _recorded(item: RecordedCondition | RecordedMedication | RecordedEncounter) -> Kept:
    if isinstance(item, RecordedMedication):
        return {"authored": _interval(item.authored)}
    if isinstance(item, RecordedEncounter):
        return {"setting": item.setting, "began": _interval(item.began)}
    return {
        "standing": item.standing.value,
        "onset": _interval(item.onset),
        "recorded": _interval(item.recorded),
    }


def _interval(when: When | None) -> list[str] | None:
    """The earliest and the latest that it may have been."""
    return [written(when.earliest), written(when.latest)] if when else None


def identity(inputs: dict[str, Kept]) -> bytes:
    """What tells two sets of inputs apart, the moment they were asked for aside.

    A series is given as days before that moment; what it rests on has its own times.
    """
    lasting = {
        name: kept if not isinstance(kept.get("given"), tuple | list) else {**kept, "given": None}
        for name, kept in inputs.items()
    }
    return msgspec.json.encode(lasting)
