"""Chronic kidney disease by GFR and albuminuria: KDIGO 2024, doi:10.1016/j.kint.2023.10.018."""

from typing import Annotated

from predictors.points import half_up
from predictors.predictor import Prediction, predict
from predictors.score import score, value
from predictors.scores.ckd_epi_2021 import ckd_epi_2021

GFR = ((90, "G1"), (60, "G2"), (45, "G3a"), (30, "G3b"), (15, "G4"), (0, "G5"))
"""Lower limits in mL/min/1.73 m2, included."""

RISK = ("low", "moderately increased", "high", "very high")


@score(
    "kdigo-ckd",
    title="KDIGO chronic kidney disease categories",
    version="2024",
    citation="KDIGO CKD work group. Kidney Int 2024;105(4S):S117-314",
    url="https://doi.org/10.1016/j.kint.2023.10.018",
    population="Adults not on dialysis; chronic only if it persists for 90 days.",
    excludes=("dialysis",),
)
def kdigo_ckd(
    *,
    egfr: Annotated[float, value("mL/min/{1.73_m2}", 0, derived_by=ckd_epi_2021)],
    uacr: Annotated[float | None, value("mg/g{creat}", 0)] = None,
) -> tuple[Prediction, ...]:
    """Gives the GFR category (1 to 6 for G1 to G5), the albuminuria category and the risk (1 to 4).

    Without an albumin/creatinine ratio there is no albuminuria category, and the risk has a span.
    """
    # In whole numbers, as laboratories report it and the card shows it.
    place = next(n for n, (limit, _) in enumerate(GFR) if half_up(egfr) >= limit)
    category = predict("GFR category", {"egfr": place + 1}, unit="{category}", note=GFR[place][1])
    by_gfr = min(max(place - 1, 0), 3)
    if uacr is None:
        risk = predict(
            "KDIGO risk",
            {"egfr": by_gfr},
            unit="{category}",
            baseline=1,
            unknown=min(2, 3 - by_gfr),
            note=f"at least {RISK[by_gfr]}",
        )
        return category, risk
    albuminuria = _albuminuria(uacr)
    level = min(by_gfr + albuminuria, 3)
    parts = {"egfr": float(by_gfr), "uacr": float(level - by_gfr)}
    return (
        category,
        predict("KDIGO risk", parts, unit="{category}", baseline=1, note=RISK[level]),
        predict(
            "albuminuria category",
            {"uacr": albuminuria + 1},
            unit="{category}",
            note=f"A{albuminuria + 1}",
        ),
    )


def _albuminuria(uacr: float) -> int:
    if uacr < 30:
        return 0
    return 1 if uacr <= 300 else 2
