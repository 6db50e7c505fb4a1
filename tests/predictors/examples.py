"""One complete, unremarkable set of facts for every score, by the score's name."""

from typing import TypeAlias

from predictors.predictor import OneOf, Value

Facts: TypeAlias = dict[str, Value | OneOf]

LIPIDS_MG: Facts = {"chol_total": 213.0, "hdl": 50.0}
LIPIDS_MMOL: Facts = {"chol_total": 5.5, "hdl": 1.3}
WOMAN: Facts = {"age": 55, "sex": "female"}
CARDIOVASCULAR: Facts = {
    **WOMAN,
    "sbp": 132.0,
    "smoking_status": "current",
    "diabetes": True,
    "egfr": 55.0,
}
PREVENT: Facts = {
    **CARDIOVASCULAR,
    **LIPIDS_MG,
    "bmi": 31.0,
    "antihypertensive": True,
    "statin": True,
}
SCORE2: Facts = {**CARDIOVASCULAR, **LIPIDS_MMOL, "score2_region": "moderate"}
ATRIAL_FIBRILLATION: Facts = {
    **WOMAN,
    "heart_failure": False,
    "hypertension": True,
    "diabetes": False,
    "stroke_ischemic": False,
    "tia": True,
    "systemic_embolism": False,
    "mi": False,
    "pad": True,
    "aortic_plaque": False,
    "cad": True,
}

EXAMPLES: dict[str, Facts] = {
    "ckd-epi-2021": {**WOMAN, "creatinine": 1.1},
    "prevent": PREVENT,
    "prevent-30-years": PREVENT,
    "score2": {**SCORE2, "diabetes": False},
    "score2-op": {**SCORE2, "age": 75},
    "score2-diabetes": {**SCORE2, "diabetes_onset_age": 38, "hba1c": 58.0},
    "cha2ds2-va": ATRIAL_FIBRILLATION,
    "cha2ds2-vasc": ATRIAL_FIBRILLATION,
    "has-bled": {
        "age": 70,
        "sbp": 165.0,
        "dialysis": False,
        "kidney_transplant": False,
        "creatinine": 2.5,
        "cirrhosis": False,
        "bilirubin_total": 3.0,
        "ast": 130.0,
        "alt": 90.0,
        "alp": 100.0,
        "stroke_ischemic": False,
        "stroke_hemorrhagic": False,
        "major_bleeding": True,
        "anemia": True,
        "antiplatelet": False,
        "nsaid": True,
        "alcohol_use_disorder": False,
        "labile_inr": True,
        "alcohol_excess": False,
    },
    "kdigo-aki": {"creatinine": ((90.0, 0.9), (1.5, 1.1), (0.0, 1.9))},
}
