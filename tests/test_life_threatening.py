"""Every rule with a life-threatening threshold, walked: what is near death is never the quietest.

Each rule speaks at the worst plausible value, beyond the plausible range, at its threshold in each
accepted code and unit, and where everything beside the value is missing.
"""

from typing import Any

import pytest

from cds_hooks.clinical.lab_rules import RULES, CriticalLimit
from cds_hooks.clinical.vital_cards import BANDS, RED
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.units import conflicting, from_canonical, own_unit, to_canonical
from fhir_adapters.terminology.value_sets import Concept, codes_of, concepts
from predictors.scores import news2
from tests.charts import LOINC, SNOMED, Resource, ask, patient

NPU = "urn:oid:1.2.208.176.2.1"
SYSTEMS = {"loinc": LOINC, "npu": NPU, "snomed": SNOMED}
AT = "2026-03-15T11:30:00Z"
CRITICAL = {key: each for key, each in RULES.limits.items() if each.indicator == "critical"}
LABS = sorted(CRITICAL)
STEP = 1.02
"""How far beyond a threshold a value is that rounding and conversion must leave beyond it."""


def sent(code: tuple[str, str], value: float, unit: str) -> Resource:
    """A final result under a code, in a unit."""
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": SYSTEMS[code[0]], "code": code[1]}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": AT,
        "valueQuantity": {"value": value, "unit": unit},
    }


def critical(service: str, *resources: Resource, **prefetch: Any) -> list[str]:
    """The summaries of the critical cards."""
    cards = ask(service, patient(), *resources, **prefetch)["cards"]
    return [each["summary"] for each in cards if each["indicator"] == "critical"]


def concept_of(limit: CriticalLimit) -> Concept:
    return concepts()[limit.concept]


def beyond(limit: CriticalLimit) -> float:
    """A value just beyond the threshold, in the concept's unit."""
    edge = to_canonical(concept_of(limit), limit.limit, limit.unit)
    return edge / STEP if limit.operator[0] == "<" else edge * STEP


def worst(limit: CriticalLimit) -> float:
    concept = concept_of(limit)
    return max(concept.low, 0.01) if limit.operator[0] == "<" else concept.high


def is_read(code: tuple[str, str], concept: Concept, value: float, unit: str) -> bool:
    """Whether the unit is not one that the code's own unit contradicts."""
    own = own_unit(*code)
    return own is None or not (conflicting(own.unit, unit) and own.holds(concept, value))


@pytest.mark.parametrize("key", LABS)
def test_the_worst_value_of_an_analyte_speaks(key: str) -> None:
    limit = CRITICAL[key]
    code = codes_of(limit.concept)[0]
    assert critical("lab-safety", sent(code, worst(limit), concept_of(limit).unit))


@pytest.mark.parametrize("key", LABS)
def test_a_value_beyond_the_plausible_range_speaks_and_is_to_be_checked(key: str) -> None:
    limit = CRITICAL[key]
    low = limit.operator[0] == "<"
    value = worst(limit) / 1.5 if low else worst(limit) * 1.2
    if low and concept_of(limit).low <= value:
        pytest.skip("there is no value below the plausible range")
    (told,) = critical("lab-safety", sent(codes_of(limit.concept)[0], value, limit.unit))
    assert told.startswith("Check th")


@pytest.mark.parametrize("key", LABS)
def test_a_threshold_speaks_in_each_code_and_unit(key: str) -> None:
    limit = CRITICAL[key]
    concept = concept_of(limit)
    units = [
        concept.unit,
        *(r["from_unit"] for r in rows("conversions") if r["concept"] == concept.key),
    ]
    silent = []
    for code in codes_of(concept.key):
        for unit in units:
            value = from_canonical(concept, beyond(limit), unit)
            if is_read(code, concept, value, unit) and not critical(
                "lab-safety", sent(code, value, unit)
            ):
                silent.append((code, unit, value))
    assert silent == []


@pytest.mark.parametrize("unit", ["", "mm", "a unit that is none", "{unknown}"])
@pytest.mark.parametrize("key", LABS)
def test_a_threshold_speaks_in_whatever_was_sent_for_its_unit(key: str, unit: str) -> None:
    limit = CRITICAL[key]
    code = codes_of(limit.concept)[0]
    assert critical("lab-safety", sent(code, beyond(limit), unit))


@pytest.mark.parametrize("key", LABS)
def test_a_critical_flag_without_a_number_speaks(key: str) -> None:
    limit = CRITICAL[key]
    flag = "LL" if limit.operator[0] == "<" else "HH"
    result = sent(codes_of(limit.concept)[0], 0, "") | {"interpretation": [{"text": flag}]}
    (told,) = critical("lab-safety", {k: v for k, v in result.items() if k != "valueQuantity"})
    assert told.startswith("Check this result, flagged without a number")


@pytest.mark.parametrize("key", LABS)
def test_a_threshold_speaks_where_everything_beside_it_is_missing(key: str) -> None:
    limit = CRITICAL[key]
    result = sent(codes_of(limit.concept)[0], beyond(limit), concept_of(limit).unit)
    assert critical("lab-safety", result, conditions=..., medications=..., renal_labs=...)


def red(name: str) -> list[float]:
    """The limits up to which, or beyond which, a vital sign alone gives three points."""
    bands = BANDS[name]
    lowest = [bands[0][0]] if bands[0][1] >= RED else []
    highest = [bands[-2][0] + 1] if bands[-1][1] >= RED else []
    return lowest + highest


SIGNS = [(name, value) for name in BANDS for value in red(name)]


@pytest.mark.parametrize(("name", "value"), SIGNS)
def test_a_vital_sign_that_alone_gives_three_points_speaks_in_each_code(
    name: str, value: float
) -> None:
    concept = concepts()[name]
    silent = [
        code
        for code in codes_of(name)
        if not ask("early-warning", patient(), sent(code, value, concept.unit))["cards"]
    ]
    assert silent == []


@pytest.mark.parametrize(("name", "value"), SIGNS)
def test_a_vital_sign_that_alone_gives_three_points_speaks_in_a_unit_not_known(
    name: str, value: float
) -> None:
    code = codes_of(name)[0]
    assert critical("early-warning", sent(code, value, "a unit that is none"))


@pytest.mark.parametrize("name", ["resp_rate", "spo2", "sbp", "heart_rate", "temperature"])
def test_a_vital_sign_below_the_plausible_range_speaks_alone_and_without_lists(name: str) -> None:
    concept = concepts()[name]
    result = sent(codes_of(name)[0], concept.low - 1, concept.unit)
    assert critical("early-warning", result)
    assert critical("early-warning", result, conditions=...)


def test_every_sign_of_the_score_is_walked() -> None:
    scored = {each.name for each in news2.news2.inputs if each.kind.value == "value"}
    assert scored - set(BANDS) == {"o2_flow", "fio2"}
