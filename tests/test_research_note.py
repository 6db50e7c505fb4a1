"""The research note's arithmetic, on made-up patients."""

import numpy as np
import pandas as pd

from predictors.training.cohort import Survival
from predictors.training.survival import harrell_c
from tools.nki70_note import _npi, nested


def test_the_index_of_classes_takes_their_middle() -> None:
    frame = pd.DataFrame(
        {
            "fac_Diam": ["<=2cm", ">2cm"],
            "fac_N": ["1-3", ">=4"],
            "fac_Grade": ["Well diff", "Poorly diff"],
        }
    )
    assert _npi(frame).round(6).tolist() == [0.3 + 2 + 1, 0.6 + 3 + 3]


def test_unseen_patients_are_ranked_by_a_marker_that_matters_and_not_by_noise() -> None:
    chance = np.random.default_rng(3)
    marker = chance.normal(size=(120, 1))
    years = chance.exponential(np.exp(-1.2 * marker[:, 0]))
    survival = Survival(np.minimum(years, 3.0), years < 3.0)
    everyone = np.ones(120)
    told = nested({"clinical": marker}, survival)
    noise = nested({"clinical": chance.normal(size=(120, 1))}, survival)
    assert harrell_c(survival, told, everyone) > 0.7
    assert harrell_c(survival, noise, everyone) < 0.6
