"""What a service declares: its inputs, for whom it is, and how it presents its cards."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from inspect import getdoc
from pkgutil import iter_modules
from typing import TypeAlias

from cds_hooks.engine.finding import Finding, Purpose
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Card
from cds_hooks.protocol.hooks import CONTEXTS
from cds_hooks.settings.per_client import views
from cds_hooks.settings.services import Mode
from cds_hooks.settings.settings import Settings
from fhir_adapters.terminology import value_sets
from predictors.predictor import Input, Kind, NotAssessed, Predictor

AGE = Input("age", Kind.AGE, "a")

Present: TypeAlias = Callable[[Assessed], Iterator[Card | Finding | NotAssessed]]
"""A service's own function: cards, and the refusals that keep it from yielding more.

A `Finding` is a card that says by how much it is due; a bare card is just due.
"""


@dataclass(frozen=True, slots=True)
class Service:
    """One CDS service: what it is, what it reads, and its own `present`.

    `eligible` is a condition or a stay that must be recorded ("" for anyone), `excluded` are
    conditions that rule the service out, `youngest` and `oldest` the completed years it is for,
    `required` the prefetch keys that it cannot begin without. Outside the demo a service that is
    `off_by_default` is off until the site turns it on. One for `any_age` shows of whoever is not of
    those years what cannot wait, and says so. One that `gathers` presents the findings of
    the others of its hook. An `acute` one is about hours, not years. `thresholds` are the names of
    those that a site may set, `rules` of those that it may turn on or off. `margin` is by how much
    `Finding.over` changes where the finding is as good as another. `hook` is the one that it
    answers, of `protocol.hooks.CONTEXTS`; `declared` are the inputs of `also` by name, the facts
    that `present` may ask for. `purpose` is what its cards are for, where neither the card's topic
    nor its finding has another.
    """

    id: str
    title: str
    description: str
    usage_requirements: str
    uses: tuple[Predictor, ...]
    also: tuple[Input, ...]
    eligible: str
    excluded: tuple[str, ...]
    youngest: int
    oldest: int
    required: frozenset[str]
    off_by_default: bool
    any_age: bool
    gathers: bool
    acute: bool
    thresholds: frozenset[str]
    rules: frozenset[str]
    margin: float
    present: Present
    hook: str
    declared: Mapping[str, Input]
    purpose: Purpose

    def mode(self, settings: Settings) -> Mode:
        """The mode that the site chose, or else the service's own."""
        if chosen := settings.of(self.id).mode:
            return chosen
        return "off" if self.off_by_default and not settings.demo else "live"

    @property
    def inputs(self) -> frozenset[Input]:
        """Every fact that the service may read, those of derived inputs included."""
        return frozenset(self.also) | frozenset(_inputs(self.uses))

    def parts(self, settings: Settings) -> tuple["Service", ...]:
        """The services that it gathers: none, or those of its hook that are live at the site."""
        others = [each for each in services().values() if self.gathers and not each.gathers]
        return tuple(
            each for each in others if each.hook == self.hook and each.mode(settings) == "live"
        )

    def reads(self, settings: Settings) -> frozenset[Input]:
        """Every fact that is read for it at the site, for its parts as well."""
        return self.inputs.union(*(part.inputs for part in self.parts(settings)))


def service(
    id: str,
    *,
    title: str,
    usage_requirements: str,
    hook: str = "patient-view",
    uses: tuple[Predictor, ...] = (),
    also: tuple[str | Input, ...] = (),
    eligible: str = "",
    excluded: tuple[str, ...] = (),
    youngest: int = 18,
    oldest: int = 130,
    required: tuple[str, ...] = ("patient",),
    off_by_default: bool = False,
    any_age: bool = False,
    gathers: bool = False,
    acute: bool = False,
    thresholds: tuple[str, ...] = (),
    rules: tuple[str, ...] = (),
    margin: float = 0.5,
    purpose: Purpose | None = None,
) -> Callable[[Present], Service]:
    """Declares a service; the function's docstring is its description to the EHR.

    A name in `also`, `eligible` or `excluded` is a condition, a medication class or what may be
    asked of the encounters. Without a `purpose` an acute one tells of dangers, and another one of
    diagnoses. Raises KeyError for a hook that is not in `protocol.hooks.CONTEXTS`.
    """
    if hook not in CONTEXTS:
        raise KeyError(hook)
    named = dict.fromkeys((*also, *filter(None, (eligible,)), *excluded))
    further = (AGE, *(name if isinstance(name, Input) else listed(name) for name in named))

    def declare(present: Present) -> Service:
        return Service(
            id=id,
            title=title,
            description=" ".join((getdoc(present) or "").split()),
            usage_requirements=usage_requirements,
            uses=uses,
            also=further,
            eligible=eligible,
            excluded=excluded,
            youngest=youngest,
            oldest=oldest,
            required=frozenset(required),
            off_by_default=off_by_default,
            any_age=any_age,
            gathers=gathers,
            acute=acute,
            thresholds=frozenset(thresholds),
            rules=frozenset(rules),
            margin=margin,
            present=present,
            hook=hook,
            declared={each.name: each for each in further},
            purpose=purpose or ("danger" if acute else "diagnosis"),
        )

    return declare


def answering(declared: Service, hook: str, *, id: str) -> Service:
    """The same service on another hook, under an id of its own: clients know a service by its URL.

    Raises KeyError for a hook that is not in `protocol.hooks.CONTEXTS`.
    """
    if hook not in CONTEXTS:
        raise KeyError(hook)
    return replace(declared, id=id, hook=hook)


def listed(name: str) -> Input:
    """The input for a condition, drug class or fact of the encounters; KeyError for any other."""
    if name in value_sets.conditions():
        return Input(name, Kind.CONDITION)
    if name in value_sets.medication_classes():
        return Input(name, Kind.MEDICATION)
    if name in value_sets.encounter_facts():
        return Input(name, Kind.ENCOUNTER, value_sets.encounter_facts()[name].unit)
    raise KeyError(name)


@cache
def services() -> Mapping[str, Service]:
    """Every service by id: the folder `cds_hooks/services` is the registry."""
    folder = import_module("cds_hooks.services")
    modules = [import_module(f"{folder.__name__}.{m.name}") for m in iter_modules(folder.__path__)]
    found = [each for module in modules for each in vars(module).values()]
    return {each.id: each for each in found if isinstance(each, Service)}


def on_for_anyone(settings: Settings) -> tuple[Service, ...]:
    """The services that are not off for every client."""
    each_ones = views(settings)
    found = services().values()
    return tuple(each for each in found if any(each.mode(one) != "off" for one in each_ones))


def _inputs(predictors: tuple[Predictor, ...]) -> Iterator[Input]:
    for predictor in predictors:
        for declared in predictor.inputs:
            yield declared
            if declared.derived_by is not None:
                yield from _inputs((declared.derived_by,))
