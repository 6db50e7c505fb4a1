"""Groups of ICD-9-CM diagnoses, as Diabetes 130 codes them: most to three digits."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from predictors.tree_model import Floats

Flags = NDArray[np.bool_]
Ranges = tuple[tuple[float, float], ...]

GROUPS: Mapping[str, Ranges] = {
    "aki": ((584, 585),),
    "alcohol_use_disorder": ((291, 292), (303, 304)),
    "anemia": ((280, 286),),
    "asthma": ((493, 494),),
    "cad": ((410, 415),),
    "cardiac_arrhythmia": ((427, 428),),
    "care_complication": ((996, 1000),),
    "cellulitis": ((681, 683),),
    "cerebrovascular_disease": ((430, 439),),
    "chest_pain": ((786, 787),),
    "cirrhosis": ((571, 572),),
    "ckd": ((403, 405), (585, 587)),
    "connective_tissue": ((710, 711), (714, 715), (725, 726)),
    "copd": ((491, 493), (496, 497)),
    "dementia": ((290, 291), (294, 295), (331, 332)),
    "diabetes_acute": ((250.1, 250.4),),
    "diabetes_complicated": ((250.4, 250.8),),
    "fluid_electrolyte_disorder": ((276, 277),),
    "fracture": ((800, 830),),
    "heart_failure": ((428, 429),),
    "hypertension": ((401, 406),),
    "infection_suspected": (
        (1, 140),
        (480, 488),
        (590, 591),
        (595, 596),
        (599, 600),
        (680, 687),
        (730, 731),
    ),
    "lipid_disorder": ((272, 273),),
    "malignancy": ((140, 173), (174, 209)),
    "mental_disorder": ((295, 300),),
    "metastatic": ((196, 200),),
    "mi": ((410, 411), (412, 413)),
    "obesity": ((278, 279),),
    "pad": ((440, 441), (443, 445)),
    "pneumonia": ((480, 487),),
    "respiratory_failure": ((518, 519),),
    "sepsis": ((38, 39),),
    "skin_ulcer": ((707, 708),),
    "urinary_tract_infection": ((590, 591), (595, 596), (599, 600)),
}
"""Half-open ranges of codes by the adapters' name of the condition. Three digits cannot tell atrial
fibrillation from other arrhythmias, or hypertensive kidney from hypertensive heart disease."""


def number(code: str) -> float:
    """The code as a number; NaN for a supplementary one (E, V) and for none ("?")."""
    return float(code) if code[:1].isdigit() else float("nan")


def recorded(group: str, codes: Sequence[Floats]) -> Flags:
    """Whether any of a stay's codes is of the group, [n] from several [n]."""
    ranges = GROUPS[group]
    held = [(low <= each) & (each < high) for each in codes for low, high in ranges]
    found: Flags = np.logical_or.reduce(held)
    return found
