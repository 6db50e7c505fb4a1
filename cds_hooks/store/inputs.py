"""The facts of one call as they are kept: each once, however many predictors were given it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from cds_hooks.engine.patient import Risk
from cds_hooks.store.assessments import Interval, KeptFact, KeptItem
from fhir_adapters.facts.fact import Fact
from fhir_adapters.record import (
    Measurement,
    Note,
    RecordedCondition,
    RecordedEncounter,
    RecordedMedication,
    When,
)

Conceal: TypeAlias = Callable[[str], str]
"""What is kept of a reference to a resource."""


class KeptFacts:
    """The facts of a call in the order in which they were first asked for."""

    def __init__(self, conceal: Conceal) -> None:
        self.facts: list[KeptFact] = []
        self._conceal = conceal
        self._places: dict[tuple[str, int, object], int] = {}
        self._of_risk: dict[int, tuple[int, ...]] = {}
        self._items: dict[int, KeptItem] = {}

    def places(self, risk: Risk) -> tuple[int, ...]:
        """Where in `facts` those are that the risk rests on; they are put there if they are not."""
        # Two services may have asked for the same risk.
        found = self._of_risk.get(id(risk))
        if found is None:
            found = self._of_risk[id(risk)] = self._placed(risk)
        return found

    def _placed(self, risk: Risk) -> tuple[int, ...]:
        # Every call of every service comes through here for each of its inputs.
        given, varied = risk.assessment.inputs, risk.assessment.varied
        places, facts, made = self._places, self.facts, []
        for name, fact in risk.facts.items():
            # The chart answers a question once, but predictors may take its answer differently.
            taken: Any = UNSET if name in varied else given.get(name, UNSET)
            key = (name, id(fact), taken)
            place = places.get(key)
            if place is None:
                place = places[key] = len(facts)
                kept = KeptFact(name, fact.state, taken, unit=fact.unit, bound=fact.bound)
                if name in varied:
                    kept = replace(kept, alternatives=fact.alternatives)
                if fact.notes:
                    kept = replace(kept, notes=_codes(fact.notes))
                if fact.basis:
                    kept = replace(kept, basis=self._basis(fact))
                facts.append(kept)
            made.append(place)
        return tuple(made)

    def _basis(self, fact: Fact) -> tuple[KeptItem, ...]:
        known, basis = self._items, []
        for item in fact.basis:
            # Of the person nothing is kept: the row is of the patient, and a birth date is not.
            if type(item) in _ITEMS:
                # The same resource is behind many facts.
                found = known.get(id(item))
                basis.append(self._item(item) if found is None else found)
        return tuple(basis)

    def _item(self, item: Any) -> KeptItem:
        source = self._conceal(item.source.reference)
        found = self._items[id(item)] = replace(_ITEMS[type(item)](item), source=source)
        return found


def _measured(item: Measurement) -> KeptItem:
    return KeptItem(
        code=item.source.code,
        value=str(item.value),
        unit=item.unit,
        bound=item.bound,
        original=item.original,
        when=_interval(item.when),
        notes=_codes(item.notes) if item.notes else (),
    )


def _medication(item: RecordedMedication) -> KeptItem:
    return KeptItem(code=item.source.code, authored=_interval(item.authored))


def _encounter(item: RecordedEncounter) -> KeptItem:
    return KeptItem(code=item.source.code, setting=item.setting, began=_interval(item.began))


def _condition(item: RecordedCondition) -> KeptItem:
    return KeptItem(
        code=item.source.code,
        standing=item.standing,
        onset=_interval(item.onset),
        recorded=_interval(item.recorded),
    )


_ITEMS: Mapping[type, Callable[[Any], KeptItem]] = {
    Measurement: _measured,
    RecordedCondition: _condition,
    RecordedMedication: _medication,
    RecordedEncounter: _encounter,
}


def _codes(notes: tuple[Note, ...]) -> tuple[str, ...]:
    return tuple([note.code for note in notes])


def _interval(when: When | None) -> Interval | None:
    return (when.earliest, when.latest) if when else None


def identity(facts: tuple[KeptFact, ...]) -> bytes:
    """What tells two sets of inputs apart, the moment they were asked for aside.

    A series is given as days before that moment; what it rests on has its own times.
    """
    lasting = (
        replace(each, given=UNSET) if isinstance(each.given, tuple) else each for each in facts
    )
    return msgspec.json.encode(tuple(lasting))
