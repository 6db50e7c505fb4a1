"""Turns a pure, annotated function into a predictor: the signature is the declaration."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import Parameter, signature
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

from predictors.predictor import Input, Kind, Prediction, Predictor, Value


def score(
    name: str,
    *,
    title: str,
    version: str,
    citation: str,
    url: str,
    population: str,
    excludes: tuple[str, ...] = (),
    within_hours: float = math.inf,
    discrimination: str = "",
    reference: Mapping[str, Value] | None = None,
) -> Callable[[Callable[..., tuple[Prediction, ...]]], Predictor]:
    """Declares a published score.

    Every parameter is keyword-only and `Annotated` with an `Input` made by the functions below; the
    parameter's name is the input's name, and a parameter with a default is not required. `excludes`
    are the conditions that rule the score out; the function does not see them. `within_hours` is
    how far apart the measurements may lie that it takes together. `discrimination` is a published
    c-statistic or AUROC, with its interval and patients as far as they are known. `reference`
    is the person that contributions are against, by input name.
    Raises TypeError for a parameter that declares no input.
    """

    def declare(function: Callable[..., tuple[Prediction, ...]]) -> Predictor:
        hints = get_type_hints(function, include_extras=True)
        inputs = tuple(
            _declared(hints[name], parameter)
            for name, parameter in signature(function).parameters.items()
        )
        inputs += tuple(
            replace(condition(), name=n, required=False, excludes=True) for n in excludes
        )
        return Predictor(
            name=name,
            title=title,
            version=version,
            citation=citation,
            url=url,
            population=population,
            inputs=inputs,
            function=function,
            within_hours=within_hours,
            discrimination=discrimination,
            reference=reference or {},
        )

    return declare


def _declared(hint: object, parameter: Parameter) -> Input:
    found = get_args(hint)[1] if get_origin(hint) is Annotated else None
    if not isinstance(found, Input) or parameter.kind is not Parameter.KEYWORD_ONLY:
        raise TypeError(f"{parameter.name} declares no input")
    return replace(found, name=parameter.name, required=parameter.default is Parameter.empty)


def age(low: float = 0, high: float = 130) -> Input:
    """Age in completed years at the time of the assessment."""
    return Input("", Kind.AGE, "a", low=low, high=high)


def sex() -> Input:
    """Sex for clinical use: "female" or "male"."""
    return Input("", Kind.SEX, codes=("female", "male"))


def value(
    unit: str,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    window: Literal["chronic", "acute"] = "chronic",
    visits: int = 1,
    derived_by: Predictor | None = None,
) -> Input:
    """The newest usable measurement within the look-back, or the mean of the last `visits` days."""
    return Input(
        "",
        Kind.VALUE,
        unit,
        low=low,
        high=high,
        window=window,
        visits=visits,
        derived_by=derived_by,
    )


def series(
    unit: str,
    *,
    window: Literal["chronic", "acute"] = "chronic",
    years: int = 0,
    hours: int = 0,
) -> Input:
    """Every usable measurement within the look-back, oldest first, as (days before, value).

    `years` or `hours` is the look-back, if the concept's own is not meant.
    """
    return Input("", Kind.SERIES, unit, window=window, years=years, hours=hours)


def condition() -> Input:
    """Whether the chart records the condition: yes, or no record of it."""
    return Input("", Kind.CONDITION)


def medication() -> Input:
    """Whether the medication list holds a drug of the class: yes, or none on the list."""
    return Input("", Kind.MEDICATION)


def visited(
    unit: str = "", low: float = -math.inf, high: float = math.inf, *, codes: tuple[str, ...] = ()
) -> Input:
    """What the encounters say of the name: yes or no, a number in `unit`, or one of `codes`."""
    return Input("", Kind.ENCOUNTER, unit, low=low, high=high, codes=codes)


def coded(*codes: str, window: Literal["chronic", "acute"] = "chronic") -> Input:
    """A coded observation's meaning, one of `codes` (such as "current", "former", "never")."""
    return Input("", Kind.CODE, window=window, codes=codes)


def onset_age(low: float = 0, high: float = 130) -> Input:
    """Age in years at the recorded onset of the condition in the name, without its "_onset_age"."""
    return Input("", Kind.ONSET_AGE, "a", low=low, high=high)


def setting(*codes: str) -> Input:
    """A choice of the site, by its configuration key, one of `codes`."""
    return Input("", Kind.SETTING, codes=codes)


def stated(
    label: str, *codes: str, unit: str = "", low: float = -math.inf, high: float = math.inf
) -> Input:
    """What no chart concept holds, so a person states it: yes or no, one of `codes`, a number."""
    return Input("", Kind.STATED, unit, low=low, high=high, codes=codes, label=label)
