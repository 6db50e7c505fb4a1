"""The plots of a validation as SVG that follows the page's colours and needs nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import SymmetricalLogLocator

from predictors.training.results import Curve, Subgroup, Validation

INK, MODEL, OTHER, THIRD = "#010203", "#010204", "#010205", "#010206"
COLOURS = {
    INK: "var(--ink)",
    MODEL: "var(--model)",
    OTHER: "var(--other)",
    THIRD: "var(--third)",
}
"""Colours that stand for the page's own until the SVG is written."""

OWN_COLOURS = """<style>
:root { color-scheme: light dark; --ink: #1c2430; --model: #0b5cad; --other: #9a5b00; \
--third: #6b5b95; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebef; --model: #8ec1f5; \
--other: #f2b75c; --third: #c7b8ea; } }
</style>"""
"""What an SVG that is a file of its own is coloured by, as the page that shows it."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}
SIZE = (5.2, 4.2)
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure: its title, what it shows in a sentence, and its SVG."""

    title: str
    description: str
    svg: str


def plots(validation: Validation) -> tuple[Plot, ...]:
    """The plots of the report, in order."""
    with mpl.rc_context(STYLE):
        return tuple(_plots(validation))


def _plots(validation: Validation) -> Iterator[Plot]:
    curves = {curve.name: curve for curve in validation.curves}
    if "roc" in curves:
        yield _roc(curves["roc"])
        yield _precision_recall(curves["precision-recall"], validation)
    else:
        yield _incidence(validation)
    yield _calibration(validation)
    yield _decision(validation)
    if subgroups := [each for each in validation.subgroups if each.measures]:
        yield _subgroups(subgroups, validation)


def _roc(curve: Curve) -> Plot:
    figure, axes = _figure("1 − specificity", "sensitivity")
    axes.plot([0, 1], [0, 1], color=OTHER, linestyle=":", label="chance")
    axes.plot(curve.x, curve.y, color=MODEL, label="model")
    axes.legend(loc="lower right")
    described = "Sensitivity at every false positive rate; chance is the diagonal."
    return Plot("ROC curve", described, _svg(figure, "roc"))


def _precision_recall(curve: Curve, validation: Validation) -> Plot:
    figure, axes = _figure("sensitivity (recall)", "PPV (precision)")
    prevalence = validation.events / validation.rows
    axes.axhline(prevalence, color=OTHER, linestyle=":", label="chance")
    axes.plot(curve.x, curve.y, color=MODEL, label="model")
    axes.set_ylim(0, None)
    axes.legend(loc="upper right")
    described = "PPV at every sensitivity; chance is the share of assessments with the outcome."
    return Plot("Precision-recall curve", described, _svg(figure, "pr"))


def _incidence(validation: Validation) -> Plot:
    figure, axes = _figure("years", "with the event (Kaplan-Meier)")
    colours = (OTHER, THIRD, MODEL)
    for curve, colour, line in zip(validation.curves, colours, (":", "--", "-"), strict=True):
        axes.plot(curve.x, curve.y, color=colour, linestyle=line, label=curve.name)
    axes.set_ylim(0, 1)
    axes.legend(loc="upper left")
    described = "How many had the event over the years, by thirds of the predicted risk."
    return Plot("Observed over time", described, _svg(figure, "incidence"))


def _calibration(validation: Validation) -> Plot:
    figure = Figure(figsize=(SIZE[0], SIZE[1] * 1.25), layout="constrained")
    axes, bars = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    groups = validation.calibration
    predicted, observed = [g.predicted for g in groups], [g.observed.value for g in groups]
    below = [max(g.observed.value - g.observed.low, 0) for g in groups]
    above = [max(g.observed.high - g.observed.value, 0) for g in groups]
    limit = max(*predicted, *(g.observed.high for g in groups)) * 1.05
    axes.plot([0, limit], [0, limit], color=OTHER, linestyle=":", label="perfect")
    axes.errorbar(
        predicted, observed, yerr=(below, above), color=MODEL, marker="o", label="observed"
    )
    axes.set(ylabel="observed", xlim=(0, limit), ylim=(0, limit))
    axes.legend(loc="upper left")
    edges = validation.risks.edges
    bars.stairs(validation.risks.without, edges, color=OTHER, label="without")
    bars.stairs(validation.risks.with_event, edges, color=MODEL, label="with the outcome")
    bars.set_yscale("symlog")
    # One tick a power of ten would not fit.
    bars.yaxis.set_major_locator(SymmetricalLogLocator(base=100, linthresh=1))
    bars.set(xlabel="predicted risk", ylabel="assessments")
    bars.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=9)
    described = (
        "Mean predicted against observed risk in groups of rising risk, with 95 % intervals; "
        "below, how many assessments have each predicted risk."
    )
    return Plot("Calibration", described, _svg(figure, "calibration"))


def _decision(validation: Validation) -> Plot:
    figure, axes = _figure("threshold at which to act", "net benefit")
    at = [each.threshold for each in validation.net_benefit]
    model = [each.model.value for each in validation.net_benefit]
    low = [each.model.low for each in validation.net_benefit]
    high = [each.model.high for each in validation.net_benefit]
    everyone = [each.everyone for each in validation.net_benefit]
    axes.axhline(0, color=INK, linewidth=0.8, label="act on nobody")
    axes.plot(at, everyone, color=OTHER, linestyle="--", label="act on everyone")
    axes.fill_between(at, low, high, color=MODEL, alpha=0.2, linewidth=0)
    axes.plot(at, model, color=MODEL, label="act by the model")
    highest = max(*high, *everyone)
    axes.set_ylim(-0.25 * highest, 1.1 * highest)
    axes.legend(loc="upper right")
    described = "What acting is worth from each risk on, beside acting on everyone or on nobody."
    return Plot("Decision curve", described, _svg(figure, "decision"))


def _subgroups(groups: list[Subgroup], validation: Validation) -> Plot:
    measure = "c_index" if "c_index" in validation.measures else "auroc"
    word = "Harrell's C" if measure == "c_index" else "AUROC"
    found = [each.measures[measure] for each in groups if measure in each.measures]
    named = [f"{each.by}: {each.label}" for each in groups if measure in each.measures]
    overall = validation.measures[measure]
    figure = Figure(figsize=(SIZE[0], 1.2 + 0.3 * len(found)), layout="constrained")
    axes = figure.subplots()
    rows = range(len(found), 0, -1)
    below = [each.value - each.low for each in found]
    above = [each.high - each.value for each in found]
    axes.axvspan(overall.low, overall.high, color=OTHER, alpha=0.2, linewidth=0)
    axes.axvline(overall.value, color=OTHER, linestyle="--", label="all patients")
    values = [each.value for each in found]
    axes.errorbar(values, rows, xerr=(below, above), color=MODEL, fmt="o", label="subgroup")
    axes.set_yticks(rows, named)
    axes.set(xlabel=word)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=2)
    described = f"{word} with its 95 % interval in each subgroup, beside that of all patients."
    return Plot("Subgroups", described, _svg(figure, "subgroups"))


def standalone(plot: Plot) -> str:
    """The SVG as a file of its own, in the reader's light or dark colours."""
    return plot.svg.replace(">", f">{OWN_COLOURS}", 1) + "\n"


def _figure(x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=x, ylabel=y)
    return figure, axes


def _svg(figure: Figure, name: str) -> str:
    """Only the drawing: no prologue, no metadata, ids that no other plot on the page has."""
    written = StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(written, format="svg", transparent=True, metadata=NO_METADATA)
    text = written.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    for colour, of_the_page in COLOURS.items():
        text = text.replace(colour, of_the_page)
    # The figure around it is what has a name and a description.
    return text.replace("<svg ", '<svg aria-hidden="true" ', 1)
