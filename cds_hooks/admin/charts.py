"""Charts of the admin app, drawn as the other pages' are; the table beside says the same."""

from collections.abc import Sequence

from markupsafe import Markup
from matplotlib.figure import Figure

from cds_hooks.web.drawing import INK, LINE, MARK, drawn

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
