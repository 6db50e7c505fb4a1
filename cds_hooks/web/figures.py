"""The figures of a risk's detail: its course, how it comes about, its inputs, and what was seen."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from math import ceil
from typing import TypeAlias

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cds_hooks.engine.card_text import added
from cds_hooks.risk_detail.course import Point
from cds_hooks.risk_detail.waterfall import Step, scaled
from cds_hooks.web.drawing import FAINT, INK, LINE, LOWERS, MARK, MUTED, RAISES, drawn
from fhir_adapters.record import Measurement
from predictors.manifest import Observed
from predictors.predictor import Link, Prediction

Told: TypeAlias = Callable[[float], str]
"""How a value of the prediction is written."""

WIDTH = 5.0
"""Inches: in the narrow panel of an EHR it is still to be read."""

APART, ROOM = 0.13, 0.26
"""Of the axis, between two ticks at least: of numbers, and of dates."""

MOST_LABELS = 5
"""Of groups beside each other."""

_ROUND = tuple(digit * 10.0**power for power in range(-5, 5) for digit in (1, 2, 5))
_LIKELY = (0.3, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


def course(
    points: Sequence[Point], *, told: Told, threshold: float | None, hours: bool, name: str
) -> Markup:
    """The risk at each moment, the present one marked, and from which risk a card is shown."""
    times = [point.at.timestamp() for point in points]
    predictions = [point.prediction for point in points]
    values = [each.value for each in predictions]
    highest = max(*(each.high for each in predictions), threshold or 0.0) or 1.0

    def draw(figure: Figure) -> None:
        axes = _axes(figure, (0.14, 0.19, 0.78, 0.77))
        axes.set_ylim(0, highest * 1.25)
        axes.fill_between(
            times,
            [each.low for each in predictions],
            [each.high for each in predictions],
            color=FAINT,
            linewidth=0,
        )
        axes.plot(times, values, color=MARK, linewidth=2, marker="o", markersize=4)
        axes.plot(times[-1:], values[-1:], color=MARK, marker="o", markersize=9)
        axes.annotate(
            told(values[-1]),
            (times[-1], values[-1]),
            (-2, 9),
            textcoords="offset points",
            ha="right",
            weight="bold",
            color=INK,
        )
        if threshold is not None:
            axes.axhline(threshold, color=RAISES, linewidth=1.2, linestyle=(0, (4, 3)))
        _dated(axes, [point.at for point in points], hours=hours)
        axes.yaxis.set_major_formatter(lambda value, _: told(value) if value else "0")
        axes.locator_params(axis="y", nbins=4)

    return drawn(draw, size=(WIDTH, 2.7), name=name)


def waterfall(
    steps: Sequence[Step],
    prediction: Prediction,
    *,
    labels: Sequence[str],
    told: Told,
    name: str,
) -> Markup:
    """From the baseline to the total, a bar for each step, placed on the link's own scale."""
    reached = [prediction.baseline, *(step.after for step in steps)]
    extent = max(reached) - min(reached) or 1.0
    # On the right the amounts stand, where no bar reaches.
    span = (min(reached) - extent * 0.04, max(reached) + extent * 0.2)
    rows = len(steps) + 2

    def draw(figure: Figure) -> None:
        height = rows * ROW + FOOT
        axes = _axes(figure, (0.02, FOOT / height, 0.96, rows * ROW / height))
        axes.set(xlim=span, ylim=(rows, 0), yticks=[])
        axes.spines["left"].set_visible(False)
        _bars(axes, steps, prediction, labels=labels, told=told)
        ticks = _ticks(prediction, (span[0], max(reached) + extent * 0.1))
        axes.set_xticks([place for place, _ in ticks], [told(value) for _, value in ticks])

    return drawn(draw, size=(WIDTH, rows * ROW + FOOT), name=name)


ROW = 0.46
FOOT = 0.3
_TEXT, _BAR = 0.34, 0.68
"""Where in its row a step's words stand, and where its bar."""


def _bars(
    axes: Axes, steps: Sequence[Step], prediction: Prediction, *, labels: Sequence[str], told: Told
) -> None:
    low, high = axes.get_xlim()
    total = steps[-1].after if steps else prediction.baseline
    ends = ((0, prediction.baseline, "Starts at"), (len(steps) + 1, total, "Comes to"))
    for row, place, words in ends:
        axes.plot((place, place), (row + 0.5, row + 0.9), color=INK, linewidth=2.5)
        value = told(prediction.link.inverse(place))
        axes.text(low, row + _TEXT, f"{words} {value}", weight="bold", color=INK)
    for row, (step, label) in enumerate(zip(steps, labels, strict=True), start=1):
        colour = RAISES if step.amount > 0 else LOWERS
        axes.barh(row + _BAR, step.amount, 0.32, left=step.before, color=colour, linewidth=0)
        axes.plot((step.after,) * 2, (row + _BAR, row + 1 + _BAR), color=MUTED, linewidth=0.7)
        axes.text(low, row + _TEXT, label, color=INK)
        axes.text(high, row + _TEXT, added(step.amount), color=colour, ha="right")


def trend(measurements: Sequence[Measurement], *, used: Iterable[str], name: str) -> Markup:
    """The numbers of one concept, oldest first; those that the risk rests on are marked."""
    times = [each.when.latest.timestamp() for each in measurements]
    values = [float(each.value) for each in measurements]
    marked = set(used)
    rests = [
        (t, v)
        for t, v, m in zip(times, values, measurements, strict=True)
        if m.source.reference in marked
    ]

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.02, 0.06, 0.96, 0.88))
        axes.set_axis_off()
        axes.plot(times, values, color=MUTED, linewidth=1.4, marker="o", markersize=3)
        axes.plot(
            [t for t, _ in rests],
            [v for _, v in rests],
            color=MARK,
            marker="o",
            linestyle="",
            markersize=5,
        )
        axes.margins(0.06, 0.2)

    return drawn(draw, size=(2.2, 0.6), name=name)


def validated(
    groups: Sequence[Observed], here: Observed | None, *, told: Told, name: str
) -> Markup:
    """How often the outcome was seen in validation in each group of predicted risk."""
    rates = [each.events / each.n for each in groups]

    def draw(figure: Figure) -> None:
        axes = _axes(figure, (0.14, 0.2, 0.83, 0.76))
        colours = [MARK if each is here else FAINT for each in groups]
        axes.bar(range(len(groups)), rates, 0.82, color=colours, edgecolor=MUTED, linewidth=0.6)
        labels = [told(each.low) if each.low else "0" for each in groups]
        step = ceil(len(groups) / MOST_LABELS)
        axes.set_xticks(range(0, len(groups), step), labels[::step])
        axes.set_xlabel("predicted risk, from")
        axes.yaxis.set_major_formatter(lambda value, _: told(value) if value else "0")
        axes.locator_params(axis="y", nbins=4)

    return drawn(draw, size=(WIDTH, 2.6), name=name)


def people(prediction: Prediction, *, name: str) -> Markup:
    """A hundred people, of whom as many are marked as have the outcome at this risk."""
    count = round(prediction.value * 100)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(-0.6, 9.6), ylim=(9.6, -0.6))
        places = [(number % 10, number // 10) for number in range(100)]
        colours = [MARK if number < count else FAINT for number in range(100)]
        xs, ys = zip(*places, strict=True)
        axes.scatter(xs, ys, s=70, c=colours, linewidths=0)

    return drawn(draw, size=(1.9, 1.9), name=name)


def _axes(figure: Figure, place: tuple[float, float, float, float]) -> Axes:
    axes = figure.add_axes(place)
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=3)
    return axes


def _dated(axes: Axes, moments: Sequence[datetime], *, hours: bool) -> None:
    """Labels moments that are there, the newest and so many before it as have room."""
    room = (moments[-1] - moments[0]) * ROOM
    kept = [moments[-1]]
    for moment in reversed(moments):
        if kept[-1] - moment >= room:
            kept.append(moment)
    written = "%d %b\n%H:%M" if hours else "%Y-%m-%d"
    axes.set_xticks([each.timestamp() for each in kept], [f"{each:{written}}" for each in kept])


def _ticks(prediction: Prediction, span: tuple[float, float]) -> list[tuple[float, float]]:
    """Round values of the prediction's own scale, each with its place; none too close together."""
    low, high = span
    if prediction.link in (Link.IDENTITY, Link.WHOLE):
        whole = all(float(each.amount).is_integer() for each in prediction.contributions)
        even = MaxNLocator(nbins=6, steps=(1, 2, 5, 10), integer=whole).tick_values(low, high)
        return [(float(place), float(place)) for place in even if low <= place <= high]
    values = sorted((*_ROUND, *_LIKELY)) if prediction.unit == "1" else _ROUND
    placed = [
        (place, value) for value in values if (place := scaled(prediction.link, value)) is not None
    ]
    within = [each for each in placed if low <= each[0] <= high]
    apart, kept = (high - low) * APART, list[tuple[float, float]]()
    for place, value in within:
        if not kept or place - kept[-1][0] >= apart:
            kept.append((place, value))
    return kept
