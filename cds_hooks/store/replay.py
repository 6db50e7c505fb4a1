"""Recomputes the risks that a recorded card rests on, and compares them with the recorded ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isclose, isfinite
from typing import Literal, TypeAlias

from msgspec import UNSET

from cds_hooks.store.assessments import KeptAssessment, KeptFact, KeptPrediction
from predictors.predictor import NotAssessed, OneOf, Prediction, Predictor, RiskAssessment, Value

TOLERANCE = 1e-9
"""The relative difference that two machines may make."""

Verdict: TypeAlias = Literal["agrees", "differs", "not replayed"]

Find: TypeAlias = Callable[[str, str], Predictor]
"""A predictor by name and version; raises NotInstalled."""


class NotInstalled(Exception):
    """There is no such predictor, or not in that version; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One assessment computed again: what came of it, and by what it differs, or why it was not."""

    predictor: str
    version: str
    verdict: Verdict
    risk: str = ""
    because: tuple[str, ...] = ()


def replayed(kept: KeptAssessment, facts: tuple[KeptFact, ...], find: Find) -> Replayed:
    """The assessment, computed again on those facts by the predictor in the version it names."""
    name, version = kept.predictor, kept.version or ""
    if why := _not_kept(kept):
        return Replayed(name, version, "not replayed", because=(why,))
    try:
        assessment = find(name, version).assess(given(facts))
    except NotInstalled as error:
        return Replayed(name, version, "not replayed", because=(str(error),))
    except NotAssessed as refusal:
        now = tuple(f"now refused: {reason.text}" for reason in refusal.reasons)
        return Replayed(name, version, "differs", because=now)
    differences = tuple(_differences(kept, assessment))
    told = ", ".join(f"{each.outcome} {each.value:.6g}" for each in assessment.predictions)
    return Replayed(name, version, "differs" if differences else "agrees", told, differences)


def given(facts: tuple[KeptFact, ...]) -> dict[str, Value | OneOf]:
    """Kept facts as a predictor takes them."""
    read: dict[str, Value | OneOf] = {}
    for each in facts:
        if each.alternatives:
            read[each.name] = OneOf(
                tuple(value for value in each.alternatives if value is not None)
            )
        elif each.given is not UNSET and each.given is not None:
            read[each.name] = each.given
    return read


def _not_kept(kept: KeptAssessment) -> str:
    if kept.inputs is not None:
        return ""
    if kept.reasons:
        told = "; ".join(each.text or f"{each.input} {each.problem}" for each in kept.reasons)
        return f"it was refused: {told}"
    if kept.inputs_digest is not None:
        return "only a digest of its inputs was kept: the site keeps them `hashed`"
    return "its inputs were not kept: the site keeps `none`"


def _differences(kept: KeptAssessment, assessment: RiskAssessment) -> Iterator[str]:
    then = {each.outcome: each for each in kept.predictions}
    if set(then) != {each.outcome for each in assessment.predictions}:
        yield "other outcomes are predicted now"
        return
    for now in assessment.predictions:
        for name in ("value", "low", "high"):
            before, after = getattr(then[now.outcome], name), getattr(now, name)
            if not _same(before, after):
                yield f"{now.outcome}: {name} was {before}, is {after}"
    if any(each.parts is not None for each in kept.predictions):
        yield from _moved(then, assessment.explained().predictions)


def _moved(then: Mapping[str, KeptPrediction], now: tuple[Prediction, ...]) -> Iterator[str]:
    """Contributions that are not what they were."""
    for each in now:
        before = then[each.outcome]
        if before.parts is None:
            continue
        was = {"baseline": before.baseline, **before.parts}
        now_is = {"baseline": each.baseline, **{e.input: e.amount for e in each.contributions}}
        for name in {**was, **now_is}:
            if not _same(was.get(name), now_is.get(name)):
                yield f"{each.outcome}: {name} added {was.get(name)}, adds {now_is.get(name)}"


def _same(before: float | None, after: float | None) -> bool:
    """Whether they are as good as equal; what is not finite is kept as None."""
    if before is None or after is None or not isfinite(after):
        return before is None and (after is None or not isfinite(after))
    return isclose(before, after, rel_tol=TOLERANCE, abs_tol=1e-12)
