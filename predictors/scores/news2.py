"""Acute illness by vital signs: National Early Warning Score 2, Royal College of Physicians 2017.

Thresholds unmodified; the Royal College of Physicians is acknowledged as copyright holder.
"""

import math
from typing import Annotated

from predictors.points import Criterion, banded, half_up, once, require_any, total
from predictors.predictor import Prediction
from predictors.score import age, coded, score, value

MOST = math.inf
RESP_RATE = ((8, 3), (11, 1), (20, 0), (24, 2), (MOST, 3))
SPO2_SCALE_1 = ((91, 3), (93, 2), (95, 1), (MOST, 0))
SPO2_SCALE_2_ON_AIR = ((83, 3), (85, 2), (87, 1), (MOST, 0))
SPO2_SCALE_2_ON_OXYGEN = ((83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (MOST, 3))
SBP = ((90, 3), (100, 2), (110, 1), (219, 0), (MOST, 3))
HEART_RATE = ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (MOST, 3))
COLD = 35.0
TEMPERATURE = ((COLD, 3), (36.0, 1), (38.0, 0), (39.0, 1), (MOST, 2))


@score(
    "news2",
    title="National Early Warning Score 2",
    version="2017",
    citation="Royal College of Physicians. National Early Warning Score (NEWS) 2. London 2017",
    url="https://www.rcplondon.ac.uk/projects/outputs/national-early-warning-score-news-2",
    population="Acutely ill people from 16 years, not pregnant; values of one set of observations.",
    excludes=("pregnancy",),
    within_hours=1,
    discrimination=(
        "AUROC of NEWS 0.894 (0.887-0.902) for death in 24 h: Smith, Resuscitation 2013;84:465"
    ),
)
def news2(
    *,
    age: Annotated[float, age(16)],
    resp_rate: Annotated[float | None, value("/min", window="acute")] = None,
    spo2: Annotated[float | None, value("%", window="acute")] = None,
    o2_flow: Annotated[float | None, value("L/min", window="acute")] = None,
    fio2: Annotated[float | None, value("%", window="acute")] = None,
    sbp: Annotated[float | None, value("mm[Hg]", window="acute")] = None,
    heart_rate: Annotated[float | None, value("/min", window="acute")] = None,
    avpu: Annotated[
        str | None,
        coded("alert", "confused", "reduced", "voice", "pain", "unresponsive", window="acute"),
    ] = None,
    temperature: Annotated[float | None, value("Cel", window="acute")] = None,
) -> tuple[Prediction, ...]:
    """Scores 0 to 20 on SpO2 scale 1 and, for hypercapnic failure on a clinician's word, scale 2.

    A part that is missing widens the span: the score is then at least its value. Refuses if no
    vital sign is known, nor a temperature or a consciousness that alone gives three points
    ("reduced" is a consciousness that is not the usual one by the coma score).
    """
    altered = None if avpu == "alert" else avpu
    vitals = {"resp_rate": resp_rate, "spo2": spo2, "sbp": sbp, "heart_rate": heart_rate}
    cold = temperature if temperature is not None and half_up(temperature, 1) <= COLD else None
    require_any("news2", **vitals, avpu=altered, temperature=cold)
    common = (
        banded("resp_rate", _whole(resp_rate), RESP_RATE),
        _oxygen(o2_flow, fio2),
        banded("sbp", _whole(sbp), SBP),
        banded("heart_rate", _whole(heart_rate), HEART_RATE),
        _consciousness(avpu),
        banded("temperature", _whole(temperature, 1), TEMPERATURE),
    )
    saturation = _whole(spo2)
    return (
        total("NEWS2", banded("spo2", saturation, SPO2_SCALE_1), *common),
        total("NEWS2 with SpO2 scale 2", _scale_2(saturation, _on_oxygen(o2_flow, fio2)), *common),
    )


def _whole(value: float | None, digits: int = 0) -> float | None:
    return None if value is None else half_up(value, digits)


def _on_oxygen(o2_flow: float | None, fio2: float | None) -> bool | None:
    if o2_flow is None and fio2 is None:
        return None
    return (o2_flow or 0) > 0 or (fio2 or 0) > 21


def _oxygen(o2_flow: float | None, fio2: float | None) -> Criterion:
    if _on_oxygen(o2_flow, fio2) is None:
        return Criterion({}, 2)
    return once(2, o2_flow=(o2_flow or 0) > 0, fio2=(fio2 or 0) > 21)


def _consciousness(avpu: str | None) -> Criterion:
    return Criterion({}, 3) if avpu is None else once(3, avpu=avpu != "alert")


def _scale_2(spo2: float | None, on_oxygen: bool | None) -> Criterion:
    on_air = banded("spo2", spo2, SPO2_SCALE_2_ON_AIR)
    treated = banded("spo2", spo2, SPO2_SCALE_2_ON_OXYGEN)
    if on_oxygen is None and spo2 is not None:
        return Criterion(on_air.parts, treated.parts["spo2"] - on_air.parts["spo2"])
    return treated if on_oxygen else on_air
