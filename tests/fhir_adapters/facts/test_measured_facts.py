"""The latest value, the mean over visits and the series: within the look-back, with remarks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_adapters.facts.fact import Fact, State, Window
from fhir_adapters.facts.measured_facts import latest, mean_of_visits, newest, series
from fhir_adapters.record import Measurement, Note, NoteCode, PatientRecord
from fhir_adapters.terminology.site import site_map
from fhir_adapters.terminology.units import UnknownUnit
from tests.fhir_adapters.sent import (
    concept,
    condition,
    observation,
    order,
    pressure,
    quantity,
    read,
    searchset,
)

AS_OF = datetime(2026, 3, 15, 12, tzinfo=UTC)
TRUNCATED = Note(NoteCode.TRUNCATED, "the list that was sent may go on")
NEXT = {"link": [{"relation": "next", "url": "https://e.org/2"}]}


def ago(**span: float) -> str:
    return (AS_OF - timedelta(**span)).isoformat()


def result(value: float, at: str, **fields: Any) -> dict[str, Any]:
    """A potassium: a year of chronic and a day of acute look-back."""
    sent = fields.pop("sent", quantity(value, "mmol/L"))
    return observation("2823-3", sent, id=f"k{at}{value}", effectiveDateTime=at, **fields)


def potassium(record: PatientRecord, window: Window = "chronic", unit: str = "mmol/L") -> Fact:
    return latest(record, "potassium", unit=unit, window=window, as_of=AS_OF)


def values(fact: Fact) -> list[float | str]:
    return [each.value for each in fact.basis if isinstance(each, Measurement)]


def test_the_newest_value_is_the_latest() -> None:
    record = read(result(4.0, ago(days=3)), result(4.2, ago(days=1)), result(4.1, ago(days=2)))
    assert potassium(record) == Fact(
        "potassium",
        State.KNOWN,
        unit="mmol/L",
        value=4.2,
        basis=record.measurements["potassium"][:1],
    )


def test_a_bound_is_passed_on() -> None:
    record = read(result(6, ago(days=1), sent=quantity(6, "mmol/L", comparator=">")))
    fact = potassium(record)
    assert (fact.value, fact.bound) == (6, ">")
    assert fact.notes == (Note(NoteCode.BOUNDED, "reported as >6 mmol/L"),)


def test_a_value_is_given_in_the_asked_unit() -> None:
    record = read(observation(effectiveDateTime=ago(days=1)))
    fact = latest(record, "creatinine", unit="umol/L", window="chronic", as_of=AS_OF)
    assert fact.value == pytest.approx(88.4)
    assert fact.unit == "umol/L"
    with pytest.raises(UnknownUnit):
        latest(record, "creatinine", unit="kg", window="chronic", as_of=AS_OF)


@pytest.mark.parametrize(
    ("window", "age", "state"),
    [
        ("chronic", timedelta(days=366), State.KNOWN),
        ("chronic", timedelta(days=366, seconds=1), State.NO_RECORD),
        ("acute", timedelta(days=1), State.KNOWN),
        ("acute", timedelta(days=1, seconds=1), State.NO_RECORD),
    ],
)
def test_only_the_look_back_counts(window: Window, age: timedelta, state: State) -> None:
    at = (AS_OF - age).isoformat()
    fact = potassium(read(result(4.0, at)), window)
    assert fact.state is state
    if state is State.NO_RECORD:
        stale = Note(NoteCode.STALE, f"last recorded on {at[:10]}, too long ago")
        assert fact == Fact("potassium", state, unit="mmol/L", notes=(stale,))


def test_a_partial_date_is_too_old_only_if_its_end_is() -> None:
    assert potassium(read(result(4.0, "2025"))).value == 4.0
    assert potassium(read(result(4.0, "2024"))).state is State.NO_RECORD


def test_the_stale_date_is_the_newest_of_those_too_old() -> None:
    record = read(result(4.0, "2021-01-01"), result(4.1, "2022-02-02"))
    assert potassium(record).notes[0].text == "last recorded on 2022-02-02, too long ago"


@pytest.mark.parametrize("hours", [0, 23.9, 24])
def test_a_day_ahead_of_the_clock_is_not_the_future(hours: float) -> None:
    assert potassium(read(result(4.0, ago(hours=-hours)))).value == 4.0


def test_the_future_is_not_used_and_noted() -> None:
    at = ago(hours=-24.1)
    note = Note(NoteCode.NEWER_UNUSABLE, f"dated {at[:10]}, in the future")
    assert potassium(read(result(4.0, at))).notes == (note,)
    fact = potassium(read(result(4.0, at), result(4.2, ago(days=1))))
    assert (fact.value, fact.notes) == (4.2, (note,))


def test_the_earliest_possible_time_decides_what_is_future() -> None:
    assert potassium(read(result(4.0, "2026"))).value == 4.0
    assert potassium(read(result(4.0, "2027"))).value is None


def test_nothing_in_an_answered_list_is_no_record() -> None:
    assert potassium(read()) == Fact("potassium", State.NO_RECORD, unit="mmol/L")


@pytest.mark.parametrize("raw", [None, b"[]"])
def test_nothing_in_a_list_not_given_is_not_given(raw: bytes | None) -> None:
    assert potassium(read(acute_labs=raw)) == Fact("potassium", State.NOT_GIVEN, unit="mmol/L")


def test_nothing_in_a_list_that_may_go_on_is_not_given() -> None:
    fact = potassium(read(acute_labs=searchset(observation(), **NEXT)))
    assert fact == Fact("potassium", State.NOT_GIVEN, unit="mmol/L", notes=(TRUNCATED,))


def test_it_is_the_concepts_own_list_that_counts() -> None:
    assert potassium(read(renal_labs=None)).state is State.NO_RECORD


def test_a_value_is_known_whatever_the_list() -> None:
    fact = potassium(read(result(4.0, ago(days=1)), acute_labs=None))
    assert (fact.state, fact.notes) == (State.KNOWN, ())


def test_a_newer_result_that_cannot_be_used_is_noted() -> None:
    lost = result(0, ago(hours=1), sent=..., dataAbsentReason=concept("error"))
    older = result(0, ago(days=3), sent=..., dataAbsentReason=concept("masked"))
    fact = potassium(read(result(4.0, ago(days=2)), lost, older))
    text = "a newer result of 2026-03-15 is not usable: no value: error"
    assert (fact.value, fact.notes) == (4.0, (Note(NoteCode.NEWER_UNUSABLE, text),))


def test_only_the_newest_of_them() -> None:
    first = result(1, ago(hours=2), status="unknown")
    second = result(1, ago(hours=1), status="cancelled")
    fact = potassium(read(result(4.0, ago(days=2)), second, first))
    assert [note.text for note in fact.notes] == [
        "a newer result of 2026-03-15 is not usable: its status is cancelled"
    ]


@pytest.mark.parametrize(
    "lost",
    [
        result(4.0, ago(days=2)) | {"id": "copy"},
        result(4.0, ago(days=3), status="cancelled"),
        observation(effectiveDateTime=ago(hours=1), status="cancelled"),
        result(4.0, ago(days=-3), status="cancelled"),
        result(4.0, ago(hours=1), subject={"reference": "Patient/p2"}),
    ],
)
def test_a_duplicate_an_older_another_and_a_future_one_are_not(lost: dict[str, Any]) -> None:
    assert potassium(read(result(4.0, ago(days=2)), lost)).notes == ()


def test_an_undated_one_is_not_known_to_be_newer() -> None:
    undated = result(4.0, ago(hours=1)) | {"effectiveDateTime": None}
    assert potassium(read(result(4.0, ago(days=2)), undated)).notes == ()


@pytest.mark.parametrize(
    ("lost", "text"),
    [
        (
            result(4.0, ago(hours=1), status="cancelled"),
            "a result of 2026-03-15 is not usable: its status is cancelled",
        ),
        (
            result(4.0, ago(hours=1)) | {"effectiveDateTime": None},
            "a result is not usable: it does not say when",
        ),
    ],
)
def test_without_a_value_the_reason_is_told(lost: dict[str, Any], text: str) -> None:
    fact = potassium(read(lost))
    assert fact.state is State.NO_RECORD
    assert fact.notes == (Note(NoteCode.NEWER_UNUSABLE, text),)


def test_but_not_of_what_was_too_old_anyway() -> None:
    assert potassium(read(result(4.0, "2020-01-01", status="cancelled"))).notes == ()


def test_a_dated_reason_goes_before_an_undated_one() -> None:
    undated = result(4.0, ago(hours=1)) | {"effectiveDateTime": None, "id": "a"}
    dated = result(4.0, ago(days=30), status="cancelled")
    (note,) = potassium(read(undated, dated)).notes
    assert "cancelled" in note.text


def test_an_entry_that_could_not_be_read_weakens_no_record() -> None:
    unreadable = Note(
        NoteCode.MAY_BE_RECORDED, "the list has 1 entry that may be it (not readable)"
    )
    malformed = observation(status=7)
    assert potassium(read(malformed)).notes == (unreadable,)
    assert potassium(read(condition(code=7))).notes == ()
    assert potassium(read(malformed, acute_labs=None)).notes == ()


def test_of_one_moment_the_exact_value_is_preferred_to_a_bound() -> None:
    at = ago(days=1)
    bound = result(6, at, sent=quantity(6, "mmol/L", comparator=">"))
    assert potassium(read(bound | {"id": "z"}, result(6.2, at))).value == 6.2


def test_then_a_finished_one_to_a_preliminary() -> None:
    at = ago(days=1)
    early = result(4.9, at, status="preliminary") | {"id": "z"}
    assert potassium(read(early, result(4.2, at))).value == 4.2


def test_then_the_preferred_code() -> None:
    at = ago(days=1)
    other = result(4.9, at) | {"id": "z", "code": concept("6298-4")}
    assert potassium(read(other, result(4.2, at))).value == 4.2


def test_a_code_of_the_site_is_preferred_least() -> None:
    site = site_map({"codes": {"urn:local": {"K": "potassium"}}})
    local = result(4.9, ago(days=1)) | {"id": "z", "code": concept("K", "urn:local")}
    assert potassium(read(local, result(4.2, ago(days=1)), site=site)).value == 4.2


def test_then_the_last_reference() -> None:
    at = ago(days=1)
    record = read(result(4.9, at) | {"id": "a"}, result(4.2, at) | {"id": "b"})
    assert potassium(record).value == 4.2


def test_a_narrower_concept_answers_for_the_wider_one() -> None:
    fasting = observation("1558-6", quantity(99), id="f", effectiveDateTime="2026-03-10")
    glucose = observation("2345-7", quantity(120), id="g", effectiveDateTime="2026-03-09")
    record = read(fasting, glucose)

    def value(name: str) -> object:
        return latest(record, name, unit="mg/dL", window="chronic", as_of=AS_OF).value

    assert (value("glucose"), value("glucose_fasting")) == (99, 99)
    only = latest(read(fasting), "glucose", unit="mg/dL", window="chronic", as_of=AS_OF)
    assert only.value == 99
    both = series(record, "glucose", unit="mg/dL", window="chronic", as_of=AS_OF).value
    assert isinstance(both, tuple)
    assert [found for _, found in both] == [120, 99]
    old = [each | {"effectiveDateTime": at} for each, at in ((fasting, "2020"), (glucose, "2021"))]
    fact = latest(read(*old), "glucose", unit="mg/dL", window="chronic", as_of=AS_OF)
    assert fact.notes == (Note(NoteCode.STALE, "last recorded on 2021, too long ago"),)


def test_what_is_lost_of_a_narrower_concept_is_noted() -> None:
    lost = observation("1558-6", quantity(99), id="f", status="cancelled")
    fact = latest(read(lost), "glucose", unit="mg/dL", window="chronic", as_of=AS_OF)
    assert [note.code for note in fact.notes] == [NoteCode.NEWER_UNUSABLE]


def test_remarks_are_said_once() -> None:
    record = read(result(4.0, ago(days=1), status="preliminary"))
    assert potassium(record).notes == (Note(NoteCode.PRELIMINARY, "preliminary result"),)


def mean(record: PatientRecord, visits: int = 2, unit: str = "mm[Hg]") -> Fact:
    return mean_of_visits(record, "sbp", unit=unit, visits=visits, as_of=AS_OF)


def visit(systolic: float, at: str, **fields: Any) -> dict[str, Any]:
    return pressure(systolic, 80, id=f"bp{at}{systolic}", effectiveDateTime=at, **fields)


def test_the_mean_of_visits_is_the_mean_of_daily_means() -> None:
    record = read(
        visit(120, "2026-01-01T08:00:00Z"),
        visit(140, "2026-02-01T08:00:00Z"),
        visit(150, "2026-02-01T09:00:00Z"),
        visit(200, "2025-12-01T08:00:00Z"),
    )
    fact = mean(record)
    assert (fact.name, fact.state, fact.unit) == ("sbp", State.KNOWN, "mm[Hg]")
    assert fact.value == 132.5
    assert fact.notes == ()
    assert values(fact) == [150, 140, 120]


def test_the_mean_is_rounded_to_the_concepts_precision() -> None:
    days = enumerate((120, 121, 121), start=1)
    record = read(*(visit(value, f"2026-01-0{day}") for day, value in days))
    assert mean(record, 3).value == 120.67


def test_the_mean_is_given_in_the_asked_unit() -> None:
    sent = [observation(value=quantity(n), id=f"o{n}") for n in (1, 2)]
    sent[0]["effectiveDateTime"] = "2026-03-01"
    fact = mean_of_visits(read(*sent), "creatinine", unit="umol/L", visits=2, as_of=AS_OF)
    assert fact.value == pytest.approx(132.6)


def test_a_single_visit_is_noted() -> None:
    fact = mean(read(visit(120, ago(days=1))))
    assert fact.value == 120
    text = "mean of 1 day(s) of measurement, not 2"
    assert fact.notes == (Note(NoteCode.SINGLE_VISIT, text),)


def test_visits_outside_the_chronic_look_back_do_not_count() -> None:
    fact = mean(read(visit(120, ago(days=1)), visit(160, ago(days=367))))
    assert fact.value == 120


def test_bounds_are_left_out_of_the_mean() -> None:
    bounded = observation("8480-6", quantity(250, "mm[Hg]", comparator=">"), id="b")
    fact = mean(read(visit(120, "2026-03-01"), bounded))
    assert fact.value == 120
    only = mean(read(bounded))
    assert only == Fact(
        "sbp",
        State.NO_RECORD,
        unit="mm[Hg]",
        notes=(Note(NoteCode.BOUNDED, "known only as a bound"),),
    )


def test_the_mean_says_each_kind_of_remark_once() -> None:
    record = read(
        visit(120, "2026-03-01", status="preliminary"),
        visit(130, "2026-03-02", status="preliminary"),
    )
    assert [note.code for note in mean(record).notes] == [NoteCode.PRELIMINARY]


def test_the_mean_too_notes_a_newer_result_that_is_lost() -> None:
    record = read(visit(120, "2026-03-01"), visit(130, "2026-03-02", status="cancelled"))
    assert [note.code for note in mean(record).notes] == [
        NoteCode.SINGLE_VISIT,
        NoteCode.NEWER_UNUSABLE,
    ]


def over_time(record: PatientRecord, window: Window = "chronic", unit: str = "mmol/L") -> Fact:
    return series(record, "potassium", unit=unit, window=window, as_of=AS_OF)


def test_a_series_is_days_before_and_value_oldest_first() -> None:
    record = read(
        result(4.2, ago(days=1.5)),
        result(4.0, ago(days=3)),
        result(4.4, ago(hours=6)),
        result(4.9, ago(days=400)),
    )
    fact = over_time(record)
    assert (fact.name, fact.state, fact.unit) == ("potassium", State.KNOWN, "mmol/L")
    assert fact.value == ((3.0, 4.0), (1.5, 4.2), (0.25, 4.4))
    assert values(fact) == [4.0, 4.2, 4.4]
    assert fact.notes == ()


def test_a_series_has_its_window() -> None:
    record = read(result(4.2, ago(days=1.5)), result(4.4, ago(hours=6)))
    assert over_time(record, "acute").value == ((0.25, 4.4),)


def test_a_series_may_have_a_look_back_of_its_own() -> None:
    record = read(result(4.2, ago(days=2 * 366)), result(4.9, ago(days=2 * 366 + 1)))
    fact = series(
        record, "potassium", unit="mmol/L", window="acute", as_of=AS_OF, within=timedelta(days=732)
    )
    assert fact.value == ((732.0, 4.2),)


def test_no_day_of_a_series_is_negative() -> None:
    record = read(result(4.2, ago(hours=-6)), result(4.0, "2026-03-15"))
    assert over_time(record).value == ((0.0, 4.0), (0.0, 4.2))


def test_a_series_is_in_the_asked_unit() -> None:
    record = read(observation(effectiveDateTime=ago(days=1)))
    fact = series(record, "creatinine", unit="umol/L", window="chronic", as_of=AS_OF)
    assert isinstance(fact.value, tuple)
    ((days, value),) = fact.value
    assert (days, value) == (1.0, 88.4)
    assert fact.unit == "umol/L"


def test_bounds_are_left_out_of_a_series_and_noted() -> None:
    bound = result(6, ago(days=1), sent=quantity(6, "mmol/L", comparator=">"))
    fact = over_time(read(bound, result(4.0, ago(days=2))))
    assert fact.value == ((2.0, 4.0),)
    assert fact.notes == (Note(NoteCode.BOUNDED, "values known only as bounds are left out"),)
    assert over_time(read(bound)).state is State.NO_RECORD


def test_a_series_from_a_list_that_may_go_on_is_noted() -> None:
    fact = over_time(read(acute_labs=searchset(result(4.0, ago(days=2)), **NEXT)))
    assert (fact.value, fact.notes) == (((2.0, 4.0),), (TRUNCATED,))


def test_a_series_says_each_kind_of_remark_once_and_what_is_lost() -> None:
    record = read(
        observation(value=quantity(90, "umol/L"), id="a", effectiveDateTime=ago(days=2)),
        observation(value=quantity(99, "umol/L"), id="b", effectiveDateTime=ago(days=1)),
        observation(id="c", effectiveDateTime=ago(hours=1), status="cancelled"),
    )
    fact = series(record, "creatinine", unit="mg/dL", window="chronic", as_of=AS_OF)
    assert [note.text for note in fact.notes] == [
        "converted from 99 umol/L",
        "its code stands for mg/dL, it came in umol/L",
        "a newer result of 2026-03-15 is not usable: its status is cancelled",
    ]


def test_an_empty_series_is_no_record_or_not_given() -> None:
    assert over_time(read()) == Fact("potassium", State.NO_RECORD, unit="mmol/L")
    assert over_time(read(acute_labs=None)).state is State.NOT_GIVEN
    assert mean(read(), 2) == Fact("sbp", State.NO_RECORD, unit="mm[Hg]")


def test_the_newest_moment_of_a_record() -> None:
    measured = result(4.0, "2026-01-01T00:00:00Z")
    problem = condition(recordedDate="2026-01-02T00:00:00Z")
    unrecorded = condition(id="c2", onsetDateTime="2026-01-03T00:00:00Z")
    ordered = order(authoredOn="2026-01-04T00:00:00Z")
    late = result(4.0, "2026-12-31T00:00:00Z")
    undated = [order(id="m2", authoredOn=...), condition(id="c3", onsetDateTime=...)]

    def of(*resources: dict[str, Any]) -> datetime | None:
        return newest(read(*resources), not_after=AS_OF)

    assert of() is None
    assert of(*undated) is None
    assert of(measured, late) == datetime(2026, 1, 1, tzinfo=UTC)
    assert of(measured, problem) == datetime(2026, 1, 2, tzinfo=UTC)
    assert of(measured, problem, unrecorded) == datetime(2026, 1, 3, tzinfo=UTC)
    assert of(measured, problem, unrecorded, ordered, late) == datetime(2026, 1, 4, tzinfo=UTC)
    assert newest(read(measured), not_after=datetime(2026, 1, 1, tzinfo=UTC)) is not None
    assert newest(read(measured), not_after=datetime(2025, 1, 1, tzinfo=UTC)) is None


def test_the_urine_of_one_charted_interval_is_never_taken_for_a_days() -> None:
    hourly = observation("9187-6", quantity(50, "mL"), effectiveDateTime=ago(hours=1))
    record = read(hourly)
    assert latest(record, "urine_output", unit="mL", window="acute", as_of=AS_OF).value == 50.0
    day = latest(record, "urine_output_24h", unit="mL/d", window="acute", as_of=AS_OF)
    assert (day.state, day.value) == (State.NO_RECORD, None)


@pytest.mark.parametrize("unit", ["mbar", "hPa"])
def test_a_pressure_of_the_ventilator_is_read_in_centimetres_of_water(unit: str) -> None:
    record = read(observation("76248-4", quantity(10, unit), effectiveDateTime=ago(hours=1)))
    assert latest(record, "peep", unit="cm[H2O]", window="acute", as_of=AS_OF).value == 10.2


def test_a_rate_of_urine_is_no_volume() -> None:
    record = read(observation("9187-6", quantity(50, "mL/min"), effectiveDateTime=ago(hours=1)))
    assert latest(record, "urine_output", unit="mL", window="acute", as_of=AS_OF).value is None
