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

KIDNEY: Facts = {**WOMAN, "egfr": 33.0, "uacr": 240.0, "kfre_calibration": "other"}
VITAL_SIGNS: Facts = {
    "resp_rate": 23,
    "spo2": 94.0,
    "sbp": 104.0,
    "heart_rate": 112,
    "temperature": 38.6,
}
STAY: Facts = {
    "hemoglobin": 11.2,
    "sodium": 133.0,
    "oncology_discharge": False,
    "procedure_during_stay": True,
    "urgent_admission": True,
    "inpatient_visits": 2,
    "inpatient_days": 6,
}

EXAMPLES: dict[str, Facts] = {
    "ckd-epi-2021": {**WOMAN, "creatinine": 1.1},
    "cockcroft-gault": {**WOMAN, "weight": 62.0, "creatinine": 1.1},
    "egfr-slope": {**WOMAN, "creatinine": ((500.0, 1.2), (300.0, 1.3), (10.0, 1.5))},
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
    "ckd-criteria": {
        **WOMAN,
        "creatinine": ((200.0, 1.4), (40.0, 1.5)),
        "uacr": ((200.0, 45.0), (40.0, 60.0)),
    },
    "diabetes-criteria": {
        "hba1c": ((200.0, 6.8), (40.0, 7.1)),
        "glucose_fasting": ((40.0, 140.0),),
        "anemia": False,
    },
    "fh-criteria": {"ldl": ((40.0, 5.6),)},
    "hypertension-criteria": {
        "sbp": ((60.0, 152.0), (20.0, 148.0)),
        "dbp": ((60.0, 94.0), (20.0, 90.0)),
        "hypertension_definition": "esc-2024",
    },
    "fib-4": {"age": 62, "ast": 48.0, "alt": 39.0, "platelets": 170.0},
    "hospital-2013": STAY,
    "hospital-2016": STAY,
    "hospital-simplified": {**STAY, "malignancy": True},
    "kdigo-aki": {"creatinine": ((90.0, 0.9), (1.5, 1.1), (0.0, 1.9))},
    "kdigo-ckd": {"egfr": 52.0, "uacr": 120.0},
    "kfre-4": KIDNEY,
    "kfre-8": {**KIDNEY, "albumin": 3.8, "phosphate": 4.1, "bicarbonate": 22.0, "calcium": 9.0},
    "lace": {
        "inpatient_days": 5,
        "urgent_admission": True,
        "recent_emergency_visits": 1,
        "mi": True,
        "stroke_ischemic": False,
        "stroke_hemorrhagic": False,
        "tia": True,
        "pad": False,
        "diabetes": True,
        "diabetes_complicated": True,
        "heart_failure": True,
        "copd": False,
        "cirrhosis": False,
        "liver_disease_severe": False,
        "ckd": True,
        "dialysis": False,
        "malignancy": False,
        "metastatic": False,
        "dementia": False,
        "connective_tissue": False,
        "hiv_aids": False,
    },
    "meld-3": {
        **WOMAN,
        "bilirubin_total": 3.4,
        "inr": 1.8,
        "creatinine": 1.6,
        "sodium": 131.0,
        "albumin": 2.9,
        "dialysis": False,
    },
    "news2": {**VITAL_SIGNS, "age": 55, "avpu": "voice", "o2_flow": 2.0, "fio2": 28.0},
    "npi": {"tumor_size": 21.0, "nodes_positive": 2, "histologic_grade": "2"},
    "predict-breast": {
        "age": 58,
        "tumor_size": 21.0,
        "nodes_positive": 2,
        "histologic_grade": "2",
        "er_status": "positive",
        "her2_status": "negative",
        "ki67": 14.0,
        "screen_detected": False,
    },
    "qsofa": {"age": 55, "resp_rate": 23, "sbp": 98.0, "gcs_total": 14},
    "sirs": {**VITAL_SIGNS, "age": 55, "paco2": 30.0, "wbc": 14.0, "bands": 6.0},
    "sofa": {
        "age": 55,
        "pao2": 80.0,
        "fio2": 50.0,
        "ventilated": True,
        "platelets": 90.0,
        "bilirubin_total": 2.1,
        "map": 66.0,
        "vasopressor": "low",
        "gcs_total": 13,
        "creatinine": 2.2,
        "urine_output_24h": 600.0,
    },
}
