"""What a predictor declares, how it is asked, and the explained risk assessment it gives back."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import product, starmap
from typing import Literal, TypeAlias

Series: TypeAlias = tuple[tuple[float, float], ...]
"""(days before the assessment, value) pairs, oldest first; days are >= 0."""

Value: TypeAlias = float | bool | str | Series
"""What an input can hold: a number in the declared unit, yes/no, a code, or a dated series."""

Question: TypeAlias = tuple[str | int, ...]
"""What tells two questions to a chart apart."""


MOST_COMBINATIONS = 4096
"""How many ways of filling in the unknown inputs are tried before an assessment is refused."""


class Kind(StrEnum):
    """What sort of fact an input is, and so how the chart is asked for it."""

    AGE = "age"
    SEX = "sex"
    VALUE = "value"
    SERIES = "series"
    CODE = "code"
    CONDITION = "condition"
    MEDICATION = "medication"
    ALLERGY = "allergy"
    ENCOUNTER = "encounter"
    ONSET_AGE = "onset-age"
    SETTING = "setting"
    STATED = "stated"


class Link(StrEnum):
    """How the sum of baseline and contributions becomes the prediction (`whole` rounds half up)."""

    IDENTITY = "identity"
    LOG = "log"
    LOGISTIC = "logistic"
    CLOGLOG = "cloglog"
    WHOLE = "whole"

    def inverse(self, total: float) -> float:
        """Maps a sum on the link's scale to the prediction's own scale."""
        match self:
            case Link.IDENTITY:
                return total
            case Link.LOG:
                return math.exp(total)
            case Link.LOGISTIC:
                return 1.0 / (1.0 + math.exp(-total))
            case Link.CLOGLOG:
                return -math.expm1(-math.exp(total))
            case Link.WHOLE:
                return float(math.floor(total + 0.5))


@dataclass(frozen=True, slots=True)
class Input:
    """One declared input of a predictor.

    `unit` is UCUM and empty where there is none; `low` and `high` are the range the predictor was
    validated on, both included; `codes` are the only codes it may be (empty: any); `window` chooses
    the look-back of the concept (`chronic` or `acute`), `years` or `hours` a series' own instead
    (0: the concept's); `visits` is how many visit days are averaged (1: the latest value);
    `derived_by` is the predictor that computes this input from the chart, preferred to a recorded
    value. `excludes` marks a condition that rules the predictor out and is not given to its
    function. `label` names what no chart concept names. `question` is what of all this the chart
    is asked: inputs with the same question have the same answer. One that is `restricted` may have
    values that the predictor refuses.
    """

    name: str
    kind: Kind
    unit: str = ""
    required: bool = True
    low: float = -math.inf
    high: float = math.inf
    window: Literal["chronic", "acute"] = "chronic"
    visits: int = 1
    derived_by: "Predictor | None" = None
    codes: tuple[str, ...] = ()
    years: int = 0
    hours: int = 0
    excludes: bool = False
    label: str = ""
    question: Question = field(init=False, repr=False, compare=False)
    restricted: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        computed_by = self.derived_by.name if self.derived_by else ""
        asked = (self.name, self.kind.value, self.unit, self.window, computed_by)
        looked_back = (self.visits, self.years, self.hours)
        object.__setattr__(self, "question", asked + looked_back)
        measured = self.kind not in (Kind.CONDITION, Kind.MEDICATION, Kind.SETTING)
        object.__setattr__(self, "restricted", measured or self.excludes or bool(self.codes))


@dataclass(frozen=True, slots=True)
class OneOf:
    """An input that is not known exactly: it is one of `values`, of which there is at least one."""

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("an unknown input needs the values that it may have")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one input adds, on the scale of the prediction's link."""

    input: str
    amount: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """One predicted outcome: `value == link.inverse(baseline + sum of contributions)`.

    `low` and `high` span the prediction over everything that was not known exactly. `note` says
    what the number alone does not: its category ("G3a"), or how it was found. A probability is for
    the `years` and `hours` after the assessment; 0 where there is no such horizon. `explain` finds
    the contributions of a prediction that left them out because they cost extra.
    """

    outcome: str
    value: float
    unit: str
    link: Link
    baseline: float
    contributions: tuple[Contribution, ...]
    low: float
    high: float
    note: str = ""
    years: int = 0
    hours: int = 0
    explain: "Callable[[], Prediction] | None" = field(default=None, repr=False, compare=False)

    @property
    def certain(self) -> bool:
        """Whether nothing unknown could change the value."""
        return self.low == self.high

    def explained(self) -> "Prediction":
        """The same prediction with the contributions of each input."""
        if self.explain is None:
            return self
        told = self.explain()
        return replace(self, baseline=told.baseline, contributions=told.contributions, explain=None)


def predict(
    outcome: str,
    contributions: Mapping[str, float],
    *,
    unit: str = "1",
    link: Link = Link.IDENTITY,
    baseline: float = 0.0,
    unknown: float = 0.0,
    note: str = "",
    years: int = 0,
    hours: int = 0,
) -> Prediction:
    """Builds a prediction from its contributions by input name; `unit` "1" is a probability.

    `unknown` is the most that missing inputs could add on the scale of the link.
    """
    total = math.fsum((baseline, *contributions.values()))
    value = link.inverse(total)
    highest = link.inverse(total + unknown)
    parts = tuple(starmap(Contribution, contributions.items()))
    return Prediction(
        outcome, value, unit, link, baseline, parts, value, highest, note, years, hours
    )


class Problem(StrEnum):
    """Why an input keeps a predictor from answering."""

    MISSING = "missing"
    OUT_OF_RANGE = "out-of-range"
    TOO_UNCERTAIN = "too-uncertain"
    NOT_APPLICABLE = "not-applicable"
    UNAVAILABLE = "unavailable"
    UNFAMILIAR = "unfamiliar"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why there is no assessment; `text` is for a person and holds no patient's name."""

    input: str
    problem: Problem
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a predictor made no assessment: `reasons` say which inputs and why."""

    predictor: str
    reasons: tuple[Reason, ...]


class NotAssessed(Exception):
    """Raised where a predictor refuses.

    What is kept of it is `refusal`: the exception holds its traceback, and so everything that was
    there when it was raised.
    """

    def __init__(self, predictor: str, reasons: tuple[Reason, ...]) -> None:
        super().__init__(f"{predictor}: " + "; ".join(reason.text for reason in reasons))
        self.refusal = Refusal(predictor, reasons)

    @property
    def predictor(self) -> str:
        """The name of the predictor that refused."""
        return self.refusal.predictor

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Which inputs keep it from answering, and why."""
        return self.refusal.reasons


@dataclass(frozen=True, slots=True)
class RiskAssessment:
    """A predictor's answer: its predictions, the inputs they rest on, and what was not known."""

    predictor: "Predictor"
    inputs: Mapping[str, Value]
    predictions: tuple[Prediction, ...]
    missing: tuple[str, ...]
    varied: tuple[str, ...]

    def __getitem__(self, outcome: str) -> Prediction:
        """The prediction of that outcome; KeyError if this predictor does not predict it."""
        for prediction in self.predictions:
            if prediction.outcome == outcome:
                return prediction
        raise KeyError(outcome)

    def explained(self) -> "RiskAssessment":
        """The same predictions with the contributions of each input, where they cost extra to find.

        Contributions are those of the first combination where inputs were varied.
        """
        if self.predictions[0].explain is None:  # a score's predictions are explained, all of them
            return self
        return replace(self, predictions=tuple([each.explained() for each in self.predictions]))


@dataclass(frozen=True, slots=True)
class Predictor:
    """A score or model: its declaration and the pure function that computes it.

    `name` is a slug, unique among predictors; `population` says for whom it was validated;
    `function` takes the declared inputs by keyword and returns predictions; `within_hours` is how
    far apart its measurements may lie to be taken together. `learned_missing` says that the
    function was fitted to rows in which inputs that are not required were missing: a condition,
    drug or code of those that is not known is then missing, where otherwise every value that it may
    have is tried. `discrimination` is a published
    c-statistic or AUROC, with its interval and patients as far as they are known. `reference`
    is the person that contributions are against, by input name: such a value adds nothing.
    `named` are the inputs by name.
    """

    name: str
    title: str
    version: str
    citation: str
    url: str
    population: str
    inputs: tuple[Input, ...]
    function: Callable[..., tuple[Prediction, ...]]
    within_hours: float = math.inf
    learned_missing: bool = False
    discrimination: str = ""
    reference: Mapping[str, Value] = field(default_factory=dict, hash=False)
    named: Mapping[str, Input] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", {each.name: each for each in self.inputs})

    def assess(self, facts: Mapping[str, Value | OneOf]) -> RiskAssessment:
        """Predicts from facts by input name, in the declared units.

        An input absent from `facts` is missing; one that is `OneOf` several values is varied over
        all of them, and each prediction carries the span. The first combination gives the
        contributions. A condition that may rule the predictor out but is unknown counts as missing.

        Raises NotAssessed if a required input is missing, a number is outside the validated range,
        a code is not one the predictor knows, a condition rules it out, the function itself
        refuses, or too many inputs are unknown to vary them all.
        """
        given: dict[str, Value | OneOf] = {}
        reasons: list[Reason] = []
        for declared in self.inputs:
            fact = facts.get(declared.name)
            if isinstance(fact, OneOf):
                fact = self._tried(declared, fact)
            if fact is None or fact == ():
                if declared.required:
                    text = f"no usable {declared.name}"
                    reasons.append(Reason(declared.name, Problem.MISSING, text))
                continue
            given[declared.name] = fact
            if declared.restricted and (reason := _refusal(declared, fact)):
                reasons.append(reason)
        if reasons:
            raise NotAssessed(self.name, tuple(reasons))
        return self._predicted(given)

    def _predicted(self, given: Mapping[str, Value | OneOf]) -> RiskAssessment:
        varied = tuple([name for name, fact in given.items() if isinstance(fact, OneOf)])
        computed = self._computed(given)
        combinations = self._combinations(computed) if varied else [computed]
        answers = [self.function(**combination) for combination in combinations]
        first = answers[0] if len(answers) == 1 else map(_spanning, zip(*answers, strict=True))
        return RiskAssessment(
            predictor=self,
            inputs={name: f.values[0] if isinstance(f, OneOf) else f for name, f in given.items()},
            predictions=tuple(first),
            missing=tuple([each.name for each in self.inputs if each.name not in given]),
            varied=varied,
        )

    def _computed(self, given: Mapping[str, Value | OneOf]) -> dict[str, Value | OneOf]:
        """Of what was given the inputs of the function; what only rules it out is none."""
        return {i.name: given[i.name] for i in self.inputs if i.name in given and not i.excludes}

    def _combinations(self, facts: Mapping[str, Value | OneOf]) -> list[dict[str, Value]]:
        choices = [fact.values if isinstance(fact, OneOf) else (fact,) for fact in facts.values()]
        if math.prod(len(values) for values in choices) > MOST_COMBINATIONS:
            unknown = ", ".join(name for name, fact in facts.items() if isinstance(fact, OneOf))
            text = f"too many inputs are unknown: {unknown}"
            raise NotAssessed(self.name, (Reason("", Problem.TOO_UNCERTAIN, text),))
        return [dict(zip(facts, values, strict=True)) for values in product(*choices)]

    def _tried(self, declared: Input, fact: OneOf) -> OneOf | None:
        """The values that are tried, or None where the input counts as missing."""
        learned = self.learned_missing and not declared.required
        # An age of 61 or 62 is nearly known; a condition that may be there or not is not.
        if declared.excludes or (learned and isinstance(fact.values[0], bool | str)):
            return None
        return fact


def _refusal(declared: Input, fact: Value | OneOf) -> Reason | None:
    """Why the input may not have this value, or one of these."""
    values = fact.values if isinstance(fact, OneOf) else (fact,)
    return next(filter(None, (_value_refusal(declared, each) for each in values)), None)


def _value_refusal(declared: Input, value: Value) -> Reason | None:
    name = declared.name
    if declared.excludes and value is True:
        return Reason(name, Problem.NOT_APPLICABLE, f"not applicable: {name} is recorded")
    if declared.codes and value not in declared.codes:
        text = f"{name} {value} is not one of: {', '.join(declared.codes)}"
        return Reason(name, Problem.OUT_OF_RANGE, text)
    if isinstance(value, int | float) and not _within(declared, value):
        limits = f"{declared.low:g} to {declared.high:g}"
        text = f"{name} {value:g} is outside the validated range {limits}"
        return Reason(name, Problem.OUT_OF_RANGE, text)
    return None


def _within(declared: Input, value: float) -> bool:
    return math.isfinite(value) and declared.low <= value <= declared.high


def _spanning(alternatives: tuple[Prediction, ...]) -> Prediction:
    low = min(prediction.low for prediction in alternatives)
    high = max(prediction.high for prediction in alternatives)
    return replace(alternatives[0], low=low, high=high)
