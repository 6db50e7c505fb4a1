"""Which blood pressures are the office's: those of home and of a hospital stay are apart."""

from datetime import UTC, datetime

import pytest

from fhir_adapters.facts.measured_facts import mean_of_visits, series
from fhir_adapters.record import (
    Availability,
    Measurement,
    Note,
    NoteCode,
    PatientRecord,
    RecordedEncounter,
    Source,
    When,
)

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
HOME = (Note(NoteCode.SELF_REPORTED, "measured at home"),)


def at(day: int) -> When:
    moment = datetime(2026, 3, day, 8, tzinfo=UTC)
    return When(moment, moment, moment.isoformat())


def pressure(value: float, day: int, notes: tuple[Note, ...] = ()) -> Measurement:
    return Measurement("sbp", value, "mm[Hg]", at(day), Source(f"Observation/{day}"), notes=notes)


def record(*measured: Measurement, stays: tuple[RecordedEncounter, ...] = ()) -> PatientRecord:
    newest_first = tuple(sorted(measured, key=lambda each: each.when, reverse=True))
    given = dict.fromkeys(("vitals", "encounters"), Availability.ANSWERED)
    return PatientRecord(None, {"sbp": newest_first}, (), (), (), given, stays)


def stay(setting: str, began: int, ended: int) -> RecordedEncounter:
    source = Source("Encounter/e")
    return RecordedEncounter("e", setting, False, source, at(began), at(ended))


def mean(found: PatientRecord) -> object:
    return mean_of_visits(found, "sbp", unit="mm[Hg]", visits=2, as_of=NOW).value


def test_a_home_pressure_is_not_averaged_with_those_of_the_office() -> None:
    assert mean(record(pressure(150, 1), pressure(154, 2), pressure(120, 9, HOME))) == 152


@pytest.mark.parametrize("setting", ["inpatient", "emergency"])
def test_a_pressure_of_a_hospital_stay_is_not_averaged(setting: str) -> None:
    chart = (pressure(150, 1), pressure(154, 2), pressure(92, 9), pressure(90, 10))
    assert mean(record(*chart, stays=(stay(setting, 8, 11),))) == 152
    assert mean(record(*chart, stays=(stay("outpatient", 8, 11),))) == 91


def test_what_is_left_out_is_said() -> None:
    fact = mean_of_visits(record(pressure(120, 9, HOME)), "sbp", unit="mm[Hg]", visits=2, as_of=NOW)
    assert fact.value is None
    assert any("left out" in note.text for note in fact.notes)


def test_in_acute_illness_every_pressure_counts() -> None:
    found = record(pressure(92, 15), stays=(stay("inpatient", 14, 16),))
    assert series(found, "sbp", unit="mm[Hg]", window="acute", as_of=NOW).value
    assert series(found, "sbp", unit="mm[Hg]", window="chronic", as_of=NOW).value is None
