"""The one step in which ordinary results are read comes to the same end as the long way."""

from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.r4.resources import Observation
from fhir_adapters.readers import observations
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.observations import measurements
from fhir_adapters.readers.ordinary import ordinary
from fhir_adapters.record import Measurement, NoteCode
from fhir_adapters.terminology.site import SiteMap

PLAIN: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-03-15T08:00:00Z",
    "valueQuantity": {"value": 4.14, "unit": "mmol/L"},
    "performer": [{"reference": "Organization/lab"}],
}
REMARKABLE: dict[str, list[Any]] = {
    "status": ["preliminary", "entered-in-error", None, "corrected"],
    "code": [{"coding": [{"code": "2823-3"}]}, {"coding": [{"system": "x", "code": "y"}]}, None],
    "effectiveDateTime": ["2026-03-15T08:00:00", "2026-03-15", "2026", "nonsense", None],
    "valueQuantity": [
        {"value": 4.1, "unit": "mmol/L", "comparator": "<"},
        {"value": 4.1, "unit": "meq/L"},
        {"value": 4.1, "unit": "mg/dL"},
        {"value": 41, "unit": "mmol/L"},
        {"value": 4.1},
        {"unit": "mmol/L"},
        None,
    ],
    "performer": [[{"reference": "Patient/p1"}], [{"type": "RelatedPerson"}], {"display": "x"}],
    "dataAbsentReason": [{"coding": [{"code": "error"}]}],
    "modifierExtension": [[{"url": "http://x.example"}]],
    "implicitRules": ["http://x.example"],
    "specimen": [{"display": "Urine"}],
    "method": [{"text": "Home"}],
    "focus": [{"reference": "Device/d1"}],
    "valueInteger": [4],
    "component": [[{"code": PLAIN["code"], "valueQuantity": {"value": 5.1, "unit": "mmol/L"}}]],
}

NOT_REMARKABLE = ("corrected", "2026-03-15", "2026", {"value": 4.1, "unit": "meq/L"})


def _context() -> Context:
    return Context("p1", SiteMap(zone=UTC))


def _observation(**fields: Any) -> Observation:
    sent = {name: value for name, value in (PLAIN | fields).items() if value is not None}
    return msgspec.json.decode(msgspec.json.encode(sent), type=Observation)


def _both_ways(observation: Observation, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    short = measurements(observation, "Observation/o1", _context())
    with monkeypatch.context() as patch:
        patch.setattr(observations, "ordinary", lambda *_: None)
        return short, measurements(observation, "Observation/o1", _context())


def test_a_plain_result_is_read_in_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    result = ordinary(_observation(), "Observation/o1", _context())
    assert isinstance(result, Measurement)
    assert (result.concept, result.value, result.unit) == ("potassium", 4.14, "mmol/L")
    assert (result.notes, result.bound, result.original) == ((), "", "")
    short, long = _both_ways(_observation(), monkeypatch)
    assert short == long == [result]


def test_a_result_that_is_only_converted_is_read_in_one_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fever = {
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
        "valueQuantity": {"value": 101.3, "unit": "[degF]"},
    }
    result = ordinary(_observation(**fever), "Observation/o1", _context())
    assert isinstance(result, Measurement)
    assert (result.value, result.unit, result.original) == (38.5, "Cel", "101.3 [degF]")
    assert [note.code for note in result.notes] == [NoteCode.CONVERTED]
    short, long = _both_ways(_observation(**fever), monkeypatch)
    assert short == long == [result]


@pytest.mark.parametrize("name", REMARKABLE)
def test_whatever_is_remarkable_goes_the_long_way(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in REMARKABLE[name]:
        observation = _observation(**{name: value})
        if value not in NOT_REMARKABLE:
            assert ordinary(observation, "Observation/o1", _context()) is None
        short, long = _both_ways(observation, monkeypatch)
        assert short == long


@settings(max_examples=200)
@given(
    st.fixed_dictionaries(
        {name: st.sampled_from([None, *values]) for name, values in REMARKABLE.items()}
    ),
    st.sampled_from(
        ["2823-3", "2744-1", "8310-5", "8480-6", "59408-5", "2160-0", "14682-9", "72166-2"]
    ),
    st.floats(-1e6, 1e6) | st.sampled_from([0.97, 97.123456789, 1.2345678]),
    st.sampled_from(["%", "mmol/L", "mm[Hg]", "mg/dL", "umol/L", "[degF]", "K", "nmol/L"]),
)
def test_both_ways_say_the_same_of_any_observation(
    fields: dict[str, Any], code: str, value: float, unit: str
) -> None:
    quantity = {"value": value, "unit": unit}
    coding = {"system": "http://loinc.org", "code": code}
    chosen = {name: each for name, each in fields.items() if each is not None}
    sent = {"code": {"coding": [coding]}, "valueQuantity": quantity} | chosen
    with pytest.MonkeyPatch.context() as patch:
        short, long = _both_ways(_observation(**sent), patch)
    assert short == long


@settings(max_examples=50)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "code": st.sampled_from(
                    [
                        {"coding": [{"system": "http://npu-terminology.org", "code": "2823-3"}]},
                        {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
                        {"coding": [*PLAIN["code"]["coding"], {"system": "x", "code": "y"}]},
                    ]
                ),
                "valueQuantity": st.sampled_from(
                    [
                        {"value": 4.1, "unit": "mg/dL"},
                        {"value": 4.1, "system": "http://unitsofmeasure.org", "code": "mmol/L"},
                        {"value": 4.1, "code": "mg/dL", "unit": "mmol/L"},
                    ]
                ),
            },
        ),
        min_size=2,
        max_size=6,
    )
)
def test_what_was_read_before_changes_nothing(charted: list[dict[str, Any]]) -> None:
    remembering = _context()
    for fields in charted:
        observation = _observation(**fields)
        read = ordinary(observation, "Observation/o1", remembering)
        assert read == ordinary(observation, "Observation/o1", _context())


def test_a_negative_zero_is_zero() -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "1988-5"}]}
    observation = _observation(code=code, valueQuantity={"value": -0.0, "unit": "mg/L"})
    read = ordinary(observation, "Observation/o1", _context())
    assert read is not None
    assert str(read.value) == "0.0"
