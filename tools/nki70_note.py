"""Writes docs/research/nki70.md: whether 70 genes add to clinical variables in `nki70`.

`python tools/nki70_note.py nki70.pickle` with the file of the package SurvSet (GPL; a pickle, so it
is read only if it has the pinned hash, and nothing of the package is imported).
"""

import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from predictors.training.cohort import Floats, Integers, Survival, part
from predictors.training.cox import partial_likelihood
from predictors.training.cox_fit import Shape, fit
from predictors.training.intervals import Bootstrap, Estimate, estimates
from predictors.training.progress import silent
from predictors.training.report import printed
from predictors.training.survival import harrell_c

PAGE = Path("docs/research/nki70.md")
PINNED = "595c5eb86cff2e222eaeb0a51a8eb14f8e5df6a66ceda601929025e295a48e32"
FOLDS, REPEATS = 5, 10
PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0)
RESAMPLES = Bootstrap(1000)
LONGEST = 100.0
CLINICAL = {
    "fac_Diam": ("<=2cm", ">2cm"),
    "fac_N": ("1-3", ">=4"),
    "fac_ER": ("Negative", "Positive"),
    "fac_Grade": ("Well diff", "Intermediate", "Poorly diff"),
}
"""The levels of each factor, in the order of their number (0, 1, ...)."""

TEXT = """\
# Do 70 genes add to clinical variables? A research note

<!-- Written by `python tools/nki70_note.py nki70.pickle`. -->

Not a served claim: nothing here is asked by a service. `nki70` (R package `penalized`, as SurvSet packs it) holds {n} women with breast cancer and positive nodes, {events} of whom had metastases while they were watched, and the expression of 70 genes that an earlier study of the same institute had found prognostic (van 't Veer LJ et al. Nature 2002;415:530-6). Same institute, same array, few events: this is no external validation, and no public set with the same inputs was found (GSE7390 in scikit-survival holds another signature; `vdv` are the patients on whom the genes were chosen).

Every risk is of nested cross-validation ({folds} folds, {repeats} repeats; the ridge penalty of each Cox model is chosen inside): no patient's risk comes from a model that saw her. Margins are averaged over the repeats. In brackets: 95 % intervals from {resamples:,} resamples of patients. The Nottingham index is approximate, because size and nodes are classes here: 15 or 30 mm, 1 to 3 or 4 and more.

| risk | Harrell's C |
|---|---|
{alone}

| paired difference of C | |
|---|---|
{paired}

{verdict}
"""  # noqa: E501 - Markdown has a line a paragraph


def main() -> None:
    """Writes the note."""
    content = Path(sys.argv[1]).read_bytes()
    found = sha256(content).hexdigest()
    if found != PINNED:
        sys.exit(f"{sys.argv[1]} is not the file that was pinned: its SHA-256 is {found}")
    frame = pd.read_pickle(sys.argv[1])  # noqa: S301 - the pinned bytes and no others
    survival = Survival(np.array(frame["time"], dtype=np.float64), np.array(frame["event"] == 1))
    risks = _risks(frame, survival)
    names = list(risks)
    pairs = [
        ("clinical + genes", "clinical"),
        ("clinical + genes", "NPI (approximate)"),
        ("clinical", "NPI (approximate)"),
        ("genes", "clinical"),
    ]

    def numbers(weights: Floats) -> dict[str, float]:
        c = {name: harrell_c(survival, risks[name], weights) for name in names}
        return c | {f"{one} less {other}": c[one] - c[other] for one, other in pairs}

    patients = np.arange(len(frame), dtype=np.int64)
    told = estimates(numbers, patients, RESAMPLES, progress=silent)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(_page(survival, told, names), encoding="utf-8")


def _page(survival: Survival, told: Mapping[str, Estimate], names: list[str]) -> str:
    lines = {name: f"| {name} | {printed(each, 3)} |" for name, each in told.items()}
    gain = told["clinical + genes less clinical"]
    added = "a gain" if gain.low > 0 else "no gain that these patients can show"
    return TEXT.format(
        n=len(survival.years),
        events=int(survival.event.sum()),
        folds=FOLDS,
        repeats=REPEATS,
        resamples=RESAMPLES.replicates,
        alone="\n".join(lines[name] for name in names),
        paired="\n".join(line for name, line in lines.items() if name not in names),
        verdict=f"The genes beside the clinical variables: {added} (a gain is one whose paired "
        "difference has an interval above 0). A laboratory's own signature result is read from the "
        "chart and shown beside the risk of recurrence; no expression of single genes is.",
    )


def _risks(frame: pd.DataFrame, survival: Survival) -> dict[str, Floats]:
    clinical = _clinical(frame)
    genes = _standardised(
        frame[[name for name in map(str, frame) if name.startswith("num_") and name != "num_Age"]]
    )
    age = _standardised(frame[["num_Age"]])
    both = np.column_stack([age, clinical])
    return {
        "NPI (approximate)": _npi(frame),
        "clinical": nested({"clinical": both}, survival),
        "genes": nested({"genes": genes}, survival),
        "clinical + genes": nested({"clinical": both, "genes": genes}, survival),
    }


def _clinical(frame: pd.DataFrame) -> Floats:
    columns = [frame[name].map(levels.index) for name, levels in CLINICAL.items()]
    return _standardised(pd.DataFrame(dict(enumerate(columns))).astype(float))


def _standardised(frame: pd.DataFrame) -> Floats:
    values = frame.to_numpy(dtype=np.float64)
    scaled: Floats = (values - values.mean(axis=0)) / values.std(axis=0)
    return scaled


def _npi(frame: pd.DataFrame) -> Floats:
    size = np.where(frame["fac_Diam"] == ">2cm", 3.0, 1.5)
    nodes = np.where(frame["fac_N"] == ">=4", 3.0, 2.0)
    grade = np.array(frame["fac_Grade"].map(CLINICAL["fac_Grade"].index), dtype=np.float64) + 1
    index: Floats = 0.2 * size + nodes + grade
    return index


def nested(blocks: Mapping[str, Floats], survival: Survival) -> Floats:
    """The mean over repeats of each patient's margin by models of the other folds."""
    patients = np.arange(len(survival.years), dtype=np.int64)
    found = np.zeros(len(patients))
    for repeat in range(REPEATS):
        folds = part(patients, FOLDS, seed=70 + repeat)
        for fold in range(FOLDS):
            held = folds == fold
            others = Survival(survival.years[~held], survival.event[~held])
            learned = {name: block[~held] for name, block in blocks.items()}
            penalties = _choose(learned, others, seed=repeat)
            margin = _margins(learned, others, {n: b[held] for n, b in blocks.items()}, penalties)
            found[held] += margin / REPEATS
    return found


def _choose(blocks: Mapping[str, Floats], survival: Survival, *, seed: int) -> Mapping[str, float]:
    """The penalty of each block of the best partial likelihood in cross-validation."""
    folds = part(np.arange(len(survival.years), dtype=np.int64), FOLDS, seed=1000 + seed)
    return min(_grid(list(blocks)), key=lambda each: _loss(blocks, survival, folds, each))


def _grid(blocks: list[str]) -> Iterator[dict[str, float]]:
    """Clinical variables are few: theirs is fixed, so that the genes' alone is searched."""
    if blocks == ["clinical"]:
        yield from ({"clinical": each} for each in PENALTIES)
        return
    for each in PENALTIES:
        yield {name: each if name == "genes" else PENALTIES[0] for name in blocks}


def _loss(
    blocks: Mapping[str, Floats],
    survival: Survival,
    folds: Integers,
    penalties: Mapping[str, float],
) -> float:
    total = 0.0
    for fold in range(FOLDS):
        held = folds == fold
        unseen = Survival(survival.years[held], survival.event[held])
        others = Survival(survival.years[~held], survival.event[~held])
        learned, judged = ({n: b[at] for n, b in blocks.items()} for at in (~held, held))
        margin = _margins(learned, others, judged, penalties)
        if unseen.event.any():
            total += partial_likelihood(unseen, horizon=LONGEST).loss(margin)
    return total


def _margins(
    blocks: Mapping[str, Floats],
    survival: Survival,
    judged: Mapping[str, Floats],
    penalties: Mapping[str, float],
) -> Floats:
    shapes = [
        Shape(f"{name} {column}", 0.0, -LONGEST, LONGEST, penalty=penalties[name])
        for name, block in blocks.items()
        for column in range(block.shape[1])
    ]
    rows = np.column_stack(list(blocks.values()))
    model = fit(rows, survival, shapes, horizon=LONGEST, reference="the mean patient")
    return model.margins(np.column_stack(list(judged.values())))


if __name__ == "__main__":
    main()
