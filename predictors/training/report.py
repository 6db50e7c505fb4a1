"""A validation as tables of words: what is printed, and what its HTML report shows."""

from collections.abc import Iterator, Sequence

import numpy as np

from predictors.training.intervals import Estimate
from predictors.training.results import Comparison, Measures, Subgroup, Validation
from predictors.validation_report import Table

MEASURES = {
    "auroc": "AUROC",
    "auprc": "AUPRC (average precision)",
    "min_se_ppv": "min(sensitivity, PPV)",
    "c_index": "Harrell's C",
    "brier": "Brier score",
    "slope": "calibration slope",
    "intercept": "calibration intercept",
    "in_the_large": "calibration in the large",
    "observed_to_expected": "observed / expected",
    "ece": "expected calibration error",
}
"""Each measure in words, in the order of the report."""

AT_THRESHOLD = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "PPV",
    "nne": "NNE",
    "alerts_per_100": "alerts per 100",
    "patients_per_100": "patients alerted per 100",
    "utility": "CinC utility",
}
OF_SUBGROUPS = ("auroc", "c_index", "slope", "in_the_large", "observed_to_expected")
BY_STAY = {
    "stay_sensitivity": "septic stays alerted in time",
    "stay_ppv": "alerted stays that became septic",
    "alert_ppv": "alerts with onset within 12 h",
    "alerts_per_100_patient_days": "alerts per 100 patient-days",
    "lead": "median lead, h",
    "lead_low": "lower quartile",
    "lead_high": "upper quartile",
}
NOT_KNOWN = "–"
ONE_DECIMAL = {
    "nne", "alerts_per_100", "patients_per_100", "alerts_per_100_patient_days",
    "lead", "lead_low", "lead_high",
}  # fmt: skip


def heading(validation: Validation) -> str:
    """Which model was validated on what."""
    return f"{validation.model} {validation.version} on {validation.data}"


def summary(validation: Validation) -> str:
    """Who was assessed, how many had the outcome, and what the intervals are."""
    horizon = f" within {validation.horizon_years} years" if validation.horizon_years else ""
    return (
        f"Outcome: {validation.outcome}{horizon}. {validation.rows:,} assessments of "
        f"{validation.patients:,} patients; {_outcomes(validation)}. In brackets: 95 % "
        f"intervals from {validation.replicates:,} resamples of patients."
    )


def _outcomes(validation: Validation) -> str:
    if "c_index" in validation.measures:
        return f"{validation.patients_with_event:,} of them had it while they were watched"
    share = 100 * validation.events / validation.rows
    patients = f"{validation.patients_with_event:,} patients with the outcome"
    return f"{validation.events:,} assessments ({share:.2f} %) and {patients}"


def tables(validation: Validation) -> tuple[Table, ...]:
    """Every table of the report that has rows."""
    made = (
        _measures(validation),
        _thresholds(validation),
        _by_stay(validation),
        _refusals(validation),
        _comparisons(validation),
        _subgroups(validation),
        _agreement(validation),
        _net_benefit(validation),
    )
    return tuple(table for table in made if table.rows)


def markdown(validation: Validation) -> str:
    """The report as Markdown whose tables also read well in a terminal."""
    parts = [f"### {heading(validation)}", summary(validation)]
    for table in tables(validation):
        parts += [f"**{table.title}.** {table.note}", _aligned(table)]
    return "\n\n".join(parts) + "\n"


def _aligned(table: Table) -> str:
    cells = (table.columns, *table.rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(row, widths) for row in (table.columns, rule, *table.rows))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def _measures(validation: Validation) -> Table:
    found = validation.measures
    rows = tuple((MEASURES[name], _of(found, name)) for name in MEASURES if name in found)
    note = "Perfect are slope 1, intercepts 0 and observed / expected 1; a lower Brier is better."
    return Table("Measures", note, ("measure", "value"), rows)


def _thresholds(validation: Validation) -> Table:
    named = [n for n in AT_THRESHOLD if any(n in each.measures for each in validation.thresholds)]
    rows = tuple(
        (each.name, f"{each.risk:.4f}", *(_of(each.measures, name) for name in named))
        for each in validation.thresholds
    )
    note = (
        "NNE is the number of alerts to evaluate for one true one. The riskiest so many per cent "
        "are of these very assessments; the other thresholds are the model's own."
    )
    columns = ("threshold", "risk", *(AT_THRESHOLD[name] for name in named))
    return Table("At thresholds", note, columns, rows)


def _by_stay(validation: Validation) -> Table:
    """What each threshold means for hourly rows of stays; no rows for other data."""
    rows = tuple(
        (each.name, *(_of(each.measures, name) for name in BY_STAY))
        for each in validation.thresholds
        if "stay_sensitivity" in each.measures
    )
    note = (
        "In time is 3 to 12 hours before the onset, and the lead is that of the first such alert. "
        "After an alert there is none for 6 hours. Stays that are labelled from their first hour "
        "have no known onset and are left out, and so are hours at or after an onset. A septic "
        "stay whose hours are refused is missed."
    )
    return Table("By stay", note, ("threshold", *BY_STAY.values()), rows)


def _refusals(validation: Validation) -> Table:
    rows = tuple(
        (
            each.by,
            each.label,
            f"{each.rows:,}",
            _share(each.with_outcome),
            _share(each.without),
            f"{each.septic_stays:,}",
            _share(each.septic_stays_refused),
        )
        for each in validation.refusals
    )
    note = (
        "Per cent of the hours that the model does not answer, as unlike those it learned from, "
        "and of the septic stays of which such an hour is 3 to 12 hours before the onset."
    )
    columns = (
        "by", "group", "hours", "with the label", "without", "septic stays", "of which refused",
    )  # fmt: skip
    return Table("Refused", note, columns, rows)


def _share(share: float) -> str:
    return f"{100 * share:.1f}" if np.isfinite(share) else NOT_KNOWN


def _comparisons(validation: Validation) -> Table:
    rows = tuple(row for each in validation.comparisons for row in _compared(each))
    note = "Each on the assessments where the other score can be computed; ahead is above 0."
    columns = ("comparator", "assessments", "measure", "comparator's", "model's", "model ahead by")
    return Table("Beside other scores", note, columns, rows)


def _compared(each: Comparison) -> Iterator[tuple[str, ...]]:
    words = {**MEASURES, "utility": AT_THRESHOLD["utility"]}
    for name in (name for name in words if name in each.difference):
        yield (
            each.name,
            f"{each.rows:,}",
            words[name],
            _of(each.comparator, name),
            _of(each.model, name),
            _of(each.difference, name),
        )


def _subgroups(validation: Validation) -> Table:
    groups = validation.subgroups
    extra = [n for n in ("sensitivity", "ppv") if any(n in each.measures for each in groups)]
    named = [n for n in OF_SUBGROUPS if any(n in each.measures for each in groups)] + extra
    first = next((each.name for each in validation.thresholds if each.own), "")
    words = {**MEASURES, **{name: f"{AT_THRESHOLD[name]} at {first}" for name in extra}}
    rows = tuple(_subgroup(each, named) for each in groups)
    note = "Groups with fewer than 20 patients with the outcome, or without it, are not reported."
    columns = ("by", "group", "patients", "with outcome", *(words[name] for name in named))
    return Table("By subgroup", note, columns, rows)


def _subgroup(each: Subgroup, named: Sequence[str]) -> tuple[str, ...]:
    events = "too few" if each.patients_with_event is None else f"{each.patients_with_event:,}"
    measures = (_of(each.measures, name) for name in named)
    return (each.by, each.label, f"{each.patients:,}", events, *measures)


def _agreement(validation: Validation) -> Table:
    rows = tuple(
        (
            f"{each.low:.4f} to {each.high:.4f}",
            f"{each.rows:,}",
            f"{each.predicted:.4f}",
            printed(each.observed, 4),
        )
        for each in validation.calibration
    )
    columns = ("predicted risk", "assessments", "mean predicted", "observed")
    return Table("Calibration", "Groups of rising predicted risk.", columns, rows)


def _net_benefit(validation: Validation) -> Table:
    every_fifth = validation.net_benefit[4::5]
    rows = tuple(
        (f"{each.threshold:.3f}", printed(each.model, 4), f"{each.everyone:.4f}")
        for each in every_fifth
    )
    note = "True alerts an assessment, less the false at the odds of the threshold; nobody: 0."
    columns = ("threshold", "by the model", "acting on everyone")
    return Table("Net benefit", note, columns, rows)


def _of(found: Measures, name: str) -> str:
    if name not in found:
        return NOT_KNOWN
    return printed(found[name], 1 if name in ONE_DECIMAL else 3)


def printed(estimate: Estimate, decimals: int) -> str:
    """The value with its interval, such as "0.824 (0.811 to 0.836)"."""
    if not np.isfinite(estimate.value):
        return NOT_KNOWN
    value, low, high = (
        f"{each:.{decimals}f}" for each in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} ({low} to {high})" if np.isfinite(estimate.low) else value
