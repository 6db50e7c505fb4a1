"""The patient that a service is shown: measurements taken together, and as of an earlier moment."""

from datetime import UTC, datetime
from typing import Annotated

import pytest

from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.hooks import PatientViewContext
from cds_hooks.settings.site import Site
from fhir_adapters.r4.dates import when
from fhir_adapters.record import Availability, Measurement, PatientRecord, Source
from predictors.predictor import NotAssessed, Prediction, Predictor, predict
from predictors.score import condition, score, value
from predictors.scores.hospital import hospital_2016

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
UNITS = {"sbp": "mm[Hg]", "heart_rate": "/min", "pregnancy_status": ""}


def declared(within_hours: float) -> Predictor:
    @score(
        "together",
        title="Together",
        version="1",
        citation="",
        url="",
        population="",
        excludes=("pregnancy",),
        within_hours=within_hours,
    )
    def together(
        *,
        sbp: Annotated[float | None, value("mm[Hg]", window="acute")] = None,
        heart_rate: Annotated[float | None, value("/min", window="acute")] = None,
        diabetes: Annotated[bool, condition()] = False,
    ) -> tuple[Prediction, ...]:
        return (predict("sum", {"sbp": sbp or 0.0, "heart_rate": heart_rate or 0.0}),)

    return together


def measurement(concept: str, number: float | str, at: str) -> Measurement:
    read = when(at, zone=UTC)
    assert read
    return Measurement(concept, number, UNITS[concept], read[0], Source("Observation/o"))


def seen(*measured: Measurement) -> Assessed:
    names = dict.fromkeys(each.concept for each in measured)
    record = PatientRecord(
        person=None,
        measurements={n: tuple(m for m in measured if m.concept == n) for n in names},
        conditions=(),
        medications=(),
        dropped=(),
        availability=dict.fromkeys(("vitals", "conditions", "slow-labs"), Availability.ANSWERED),
    )
    return Assessed(
        record=record,
        as_of=NOW,
        context=PatientViewContext(patient_id="p1"),
        declared={},
        site=Site(),
        thresholds={},
    )


def used(patient: Assessed, hours: float) -> set[str]:
    inputs = patient.risk(declared(hours)).assessment.inputs
    return {"sbp", "heart_rate"} & set(inputs)


@pytest.mark.parametrize(
    ("pulse_at", "together"),
    [
        ("2026-03-15T10:00:00Z", True),
        ("2026-03-15T09:59:59Z", False),
        ("2026-03-15T11:00:00+01:00", True),
        ("2026-03-15", False),
    ],
)
def test_measurements_within_the_hours_of_the_newest_are_taken_together(
    pulse_at: str, together: bool
) -> None:
    pressure = measurement("sbp", 120, "2026-03-15T11:00:00Z")
    patient = seen(pressure, measurement("heart_rate", 70, pulse_at))
    assert used(patient, 1) == ({"sbp", "heart_rate"} if together else {"sbp"})


def test_the_newest_is_kept_whichever_it_is() -> None:
    pressure = measurement("sbp", 120, "2026-03-15T08:00:00Z")
    assert used(seen(pressure, measurement("heart_rate", 70, "2026-03-15T11:00:00Z")), 1) == {
        "heart_rate"
    }


def test_measurements_of_one_day_without_a_time_are_taken_together() -> None:
    patient = seen(
        measurement("sbp", 120, "2026-03-15"), measurement("heart_rate", 70, "2026-03-15")
    )
    assert used(patient, 1) == {"sbp", "heart_rate"}


def test_a_value_left_out_for_its_time_says_so() -> None:
    pressure = measurement("sbp", 120, "2026-03-15T08:00:00Z")
    patient = seen(pressure, measurement("heart_rate", 70, "2026-03-15T11:00:00Z"))
    risk = patient.risk(declared(1))
    assert "sbp" in risk.assessment.missing
    assert "not measured close enough to the others" in risk.facts["sbp"].notes[-1].text
    assert "no usable Systolic BP (not measured close enough" in risk.gaps[0].text


def test_without_hours_all_are_taken_together() -> None:
    pressure = measurement("sbp", 120, "2026-03-15T00:30:00Z")
    patient = seen(pressure, measurement("heart_rate", 70, "2026-03-15T11:00:00Z"))
    assert used(patient, float("inf")) == {"sbp", "heart_rate"}


def test_a_condition_that_was_observed_is_of_no_set() -> None:
    pressure = measurement("sbp", 120, "2026-03-15T08:00:00Z")
    today = measurement("pregnancy_status", "not-pregnant", "2026-03-15T11:00:00Z")
    assert used(seen(pressure, today), 1) == {"sbp"}
    in_january = measurement("pregnancy_status", "pregnant", "2026-01-10T08:00:00Z")
    with pytest.raises(NotAssessed, match="Pregnancy is recorded"):
        seen(pressure, in_january).risk(declared(1))


def test_an_earlier_moment_knows_nothing_of_what_was_measured_then_or_later() -> None:
    patient = seen(
        measurement("sbp", 90, "2026-03-15T11:00:00Z"),
        measurement("sbp", 120, "2026-03-15T07:00:00Z"),
    )
    moment = datetime(2026, 3, 15, 11, tzinfo=UTC)
    earlier = patient.before(moment)
    assert earlier.as_of == moment
    assert earlier.risk(declared(1))["sum"].value == 120
    assert patient.risk(declared(1))["sum"].value == 90


def test_the_set_before_the_newest_is_what_was_measured_before_it() -> None:
    patient = seen(
        measurement("sbp", 90, "2026-03-15T11:00:00Z"),
        measurement("heart_rate", 100, "2026-03-15T10:30:00Z"),
        measurement("heart_rate", 80, "2026-03-15T10:10:00Z"),
        measurement("sbp", 120, "2026-03-15T07:00:00Z"),
    )
    earlier = patient.before_newest(declared(1))
    assert earlier
    assert earlier.risk(declared(1))["sum"].value == 120
    assert earlier.before_newest(declared(1)) is not None


def test_there_is_no_earlier_set_without_measurements_or_without_hours() -> None:
    assert seen().before_newest(declared(1)) is None
    pressure = measurement("sbp", 120, "2026-03-15T08:00:00Z")
    assert seen(pressure).before_newest(declared(float("inf"))) is None


def test_what_only_a_person_could_state_is_lacking_under_the_predictors_own_name() -> None:
    with pytest.raises(NotAssessed) as refusal:
        seen().risk(hospital_2016)
    told = {reason.input: reason.text for reason in refusal.value.reasons}
    (declared,) = [each for each in hospital_2016.inputs if each.name == "oncology_discharge"]
    assert told["oncology_discharge"] == f"no usable {declared.label}"
