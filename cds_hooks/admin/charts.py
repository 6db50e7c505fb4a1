"""Charts of the admin app, drawn as the other pages' are; the table beside says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure

from cds_hooks.web.drawing import INK, LINE, MARK, MUTED, RAISES, drawn

WIDTH = 5.0
"""Inches: on a telephone it is still to be read."""

_ROW, _FOOT = 0.5, 0.35


def bars(rows: Sequence[tuple[str, float, str]], *, name: str) -> Markup:
    """A horizontal bar for each row: its label, its length, and how its value is written."""
    height = len(rows) * _ROW + _FOOT
    most = max((value for _, value, _ in rows), default=0) or 1

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
        axes.set(xlim=(0, most * 1.2), ylim=(len(rows), -0.2), xticks=[], yticks=[])
        for side in axes.spines.values():
            side.set_edgecolor(LINE)
            side.set_visible(False)
        for row, (label, value, told) in enumerate(rows):
            axes.text(0, row + 0.28, label, color=INK)
            axes.barh(row + 0.58, value, 0.34, color=MARK, linewidth=0)
            axes.text(value + most * 0.02, row + 0.7, told, color=INK)

    return drawn(draw, size=(WIDTH, height), name=name)


@dataclass(frozen=True, slots=True)
class Point:
    """A value at one time, its interval (None without one), and the limits that hold then."""

    label: str
    value: float
    interval: tuple[float, float] | None
    limits: tuple[float, float]

    @property
    def beyond(self) -> bool:
        """Whether the whole interval, or the value without one, lies outside of the limits."""
        low, high = self.interval or (self.value, self.value)
        return high < self.limits[0] or low > self.limits[1]


_LABELS = 6
"""At most so many times are written below a course."""


def course_of(points: Sequence[Point], *, name: str) -> Markup:
    """The values in their order, with limits as dashed steps; a cross marks those beyond them."""
    places = range(len(points))
    every = -(-len(points) // _LABELS)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.12, 0.14, 0.86, 0.8))
        axes.set_xticks(places[::every], [each.label for each in points[::every]])
        axes.set_xlim(-0.6, len(points) - 0.4)
        for limit in zip(*(each.limits for each in points), strict=True):
            axes.step(places, limit, where="mid", color=MUTED, linestyle="--", linewidth=1)
        axes.plot(places, [each.value for each in points], color=LINE, linewidth=1)
        for place, each in enumerate(points):
            colour = RAISES if each.beyond else MARK
            if each.interval:
                axes.vlines(place, *each.interval, color=colour, linewidth=2)
            axes.plot(place, each.value, "X" if each.beyond else "o", color=colour, markersize=9)

    return drawn(draw, size=(WIDTH, 3.0), name=name)
