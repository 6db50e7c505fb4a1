"""Recomputes the risks that a recorded card rests on, and compares them with the recorded ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isclose, isfinite
from typing import Any, Literal, TypeAlias

import msgspec

from cds_hooks.store.schema import Row
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


def replayed(row: Row, find: Find) -> Replayed:
    """The assessment of that row, computed again by the predictor in the version it names."""
    name, version = str(row["predictor"]), str(row["version"] or "")
    if why := _not_kept(row):
        return Replayed(name, version, "not replayed", because=(why,))
    try:
        assessment = find(name, version).assess(given(_decoded(row["inputs"])))
    except NotInstalled as error:
        return Replayed(name, version, "not replayed", because=(str(error),))
    except NotAssessed as refusal:
        now = tuple(f"now refused: {reason.text}" for reason in refusal.reasons)
        return Replayed(name, version, "differs", because=now)
    differences = tuple(_differences(row, assessment))
    told = ", ".join(f"{each.outcome} {each.value:.6g}" for each in assessment.predictions)
    return Replayed(name, version, "differs" if differences else "agrees", told, differences)


def given(inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Value | OneOf]:
    """Kept inputs as a predictor takes them."""
    read: dict[str, Value | OneOf] = {}
    for name, kept in inputs.items():
        if "given" in kept:
            read[name] = _value(kept["given"])
        elif "alternatives" in kept:
            read[name] = OneOf(tuple(map(_value, kept["alternatives"])))
    return read


def _value(kept: Any) -> Value:
    return tuple((days, value) for days, value in kept) if isinstance(kept, list) else kept


def _not_kept(row: Row) -> str:
    if row["inputs"] is not None:
        return ""
    if row["risk"] is None and (reasons := _decoded(row["reasons"])):
        told = "; ".join(
            each.get("text") or f"{each['input']} {each['problem']}" for each in reasons
        )
        return f"it was refused: {told}"
    if row["inputs_digest"] is not None:
        return "only a digest of its inputs was kept: the site keeps them `hashed`"
    return "its inputs were not kept: the site keeps `none`"


def _differences(row: Row, assessment: RiskAssessment) -> Iterator[str]:
    then = {each["outcome"]: each for each in _decoded(row["predictions"])}
    if set(then) != {each.outcome for each in assessment.predictions}:
        yield "other outcomes are predicted now"
        return
    for now in assessment.predictions:
        for name in ("value", "low", "high"):
            before, after = then[now.outcome][name], getattr(now, name)
            if not _same(before, after):
                yield f"{now.outcome}: {name} was {before}, is {after}"
    if row["contributions"] is not None:
        yield from _moved(_decoded(row["contributions"]), assessment.explained().predictions)


def _moved(then: Mapping[str, Any], now: tuple[Prediction, ...]) -> Iterator[str]:
    """Contributions that are not what they were."""
    for each in now:
        before = then.get(each.outcome, {"baseline": 0.0, "parts": {}})
        was = {"baseline": before["baseline"], **before["parts"]}
        known = each.outcome in then
        parts = {part.input: part.amount for part in each.contributions} if known else {}
        now_is = {"baseline": each.baseline if known else 0.0, **parts}
        for name in {**was, **now_is}:
            if not _same(was.get(name), now_is.get(name)):
                yield f"{each.outcome}: {name} added {was.get(name)}, adds {now_is.get(name)}"


def _same(before: float | None, after: float | None) -> bool:
    """Whether they are as good as equal; what is not finite is kept as None."""
    if before is None or after is None or not isfinite(after):
        return before is None and (after is None or not isfinite(after))
    return isclose(before, after, rel_tol=TOLERANCE, abs_tol=1e-12)


def _decoded(text: object) -> Any:
    return msgspec.json.decode(str(text))
