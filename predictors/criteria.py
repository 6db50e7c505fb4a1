"""Diagnostic criteria: measurements beyond a limit for long or often enough, and since when."""

from collections.abc import Callable, Mapping

from predictors.predictor import Prediction, Series, predict

MET = "criteria met"
"""The outcome that counts which criteria are met, or which results count towards one."""

SINCE = "since"
"""The outcome that says how many days ago the oldest of the measurements that count was taken."""


def latest_run(series: Series, abnormal: Callable[[float], bool]) -> Series:
    """The abnormal values after the last one that was not."""
    start = max((place for place, (_, v) in enumerate(series, 1) if not abnormal(v)), default=0)
    return series[start:]


def spread(series: Series) -> float:
    """The days between the first and the last value; 0 if there are fewer than two."""
    # Differences of times to the day must not fall short of whole days by rounding.
    return round(series[0][0] - series[-1][0], 6) if series else 0.0


def met(
    parts: Mapping[str, float], *, since: Mapping[str, float], note: str
) -> tuple[Prediction, ...]:
    """The two predictions of every criterion; `note` is the finding in a few words.

    `parts` are what each input counts, and `since` the days since the oldest value of each that
    does; only the oldest of all is given.
    """
    oldest = max(since, key=lambda name: since[name], default="")
    age = {oldest: since[oldest]} if oldest else {}
    return (
        predict(MET, parts, unit="{count}", note=note),
        predict(SINCE, age, unit="d"),
    )
