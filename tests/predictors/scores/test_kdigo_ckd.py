import pytest

from predictors.scores.kdigo_ckd import kdigo_ckd


@pytest.mark.parametrize(
    ("egfr", "category"),
    [
        (90, "G1"),
        (89.4, "G2"),
        (60, "G2"),
        (59.4, "G3a"),
        (45, "G3a"),
        (44.4, "G3b"),
        (30, "G3b"),
        (29.4, "G4"),
        (15, "G4"),
        (14.4, "G5"),
    ],
)
def test_gfr_categories_are_of_whole_numbers(egfr: float, category: str) -> None:
    assert kdigo_ckd.assess({"egfr": egfr})["GFR category"].note == category


@pytest.mark.parametrize(
    ("uacr", "category"), [(29.9, "A1"), (30, "A2"), (300, "A2"), (300.1, "A3")]
)
def test_albuminuria_is_a2_from_30_to_300(uacr: float, category: str) -> None:
    risk = kdigo_ckd.assess({"egfr": 70, "uacr": uacr})
    assert risk["albuminuria category"].note == category


@pytest.mark.parametrize(
    ("egfr", "risks"),
    [
        (95, "low, moderately increased, high"),
        (65, "low, moderately increased, high"),
        (50, "moderately increased, high, very high"),
        (40, "high, very high, very high"),
        (20, "very high, very high, very high"),
        (10, "very high, very high, very high"),
    ],
)
def test_the_heat_map(egfr: float, risks: str) -> None:
    found = [
        kdigo_ckd.assess({"egfr": egfr, "uacr": uacr})["KDIGO risk"].note for uacr in (10, 100, 500)
    ]
    assert ", ".join(found) == risks


@pytest.mark.parametrize(("egfr", "low", "high"), [(70, 1, 3), (50, 2, 4), (40, 3, 4), (20, 4, 4)])
def test_without_albuminuria_the_risk_is_a_span(egfr: float, low: float, high: float) -> None:
    risk = kdigo_ckd.assess({"egfr": egfr})
    assert (risk["KDIGO risk"].low, risk["KDIGO risk"].high) == (low, high)
    assert risk["KDIGO risk"].note.startswith("at least")
    assert risk.missing[0] == "uacr"
