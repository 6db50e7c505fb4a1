"""Simulated hours over a FHIR server that fails: nobody is lost, and nothing is written twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_hooks.census.hours import Hour, Watch, lines
from cds_hooks.fhir_client import http
from cds_hooks.worklist.table import read_table
from tests.cds_hooks.census.wards import ILL, NOON, SILENT, WELL, Surveyed, surveyed
from tests.fhir_server import status, well

BEDS = {"p1": ILL, "p2": WELL, "p3": WELL}
HOUR = timedelta(hours=1)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Surveyed]:
    with surveyed(tmp_path, BEDS) as made:
        yield made


def following(watch: Watch, ward: Surveyed) -> Hour:
    """This hour; then the next one begins."""
    found = watch.hour()
    clock = ward.hospital.clock
    clock.now = found.begins + HOUR
    return found


def texts(ward: Surveyed) -> list[tuple[str, str]]:
    return [(w[-1]["status"], w[-1]["code"]["text"]) for w in ward.flags().values()]


def test_everyone_is_assessed_every_hour_and_each_assessment_written_once(ward: Surveyed) -> None:
    watch = ward.watch()
    hours = [following(watch, ward) for _ in range(3)]
    assert [(each.listed, each.assessed, each.waiting) for each in hours] == [(3, 3, 0)] * 3
    made = ward.assessments()
    assert len(made) == sum(each.writes["written"] for each in hours) - len(ward.flags()) * 3
    assert all(len(written) == 1 for written in made.values())
    moments = {w[0]["occurrenceDateTime"][:13] for w in made.values()}
    assert len(moments) == 3


def test_a_flag_is_raised_over_the_threshold_renewed_each_hour_and_closed_below_it(
    ward: Surveyed,
) -> None:
    watch = ward.watch()
    assert [following(watch, ward).raised for _ in range(2)] == [1, 0]
    (written,) = ward.flags().values()
    assert [each["status"] for each in written] == ["active", "active"]
    assert written[0]["period"]["start"] == written[1]["period"]["start"]
    assert written[0]["period"]["end"] < written[1]["period"]["end"]
    assert "last assessed 2026-03-15 13:00" in written[1]["code"]["text"]
    ward.hospital.beds["p1"] = WELL
    assert following(watch, ward).closed == 1
    assert texts(ward)[0][0] == "inactive"
    assert following(watch, ward).raised == 0
    ward.hospital.beds["p1"] = ILL
    assert following(watch, ward).raised == 1
    assert len(ward.flags()) == 2  # another one, with a start of its own


def test_missing_data_never_close_a_flag(ward: Surveyed) -> None:
    watch = ward.watch()
    following(watch, ward)
    ward.hospital.beds["p1"] = SILENT
    hour = following(watch, ward)
    assert (hour.assessed, hour.closed) == (3, 0)
    ((state, told),) = texts(ward)
    assert state == "active"
    assert "last assessed 2026-03-15 12:00" in told
    assert "not known to be over" in told


def test_what_fails_is_caught_up_within_the_hour(ward: Surveyed) -> None:
    ward.hospital.away(timedelta(0), timedelta(minutes=15))
    hour = ward.watch().hour()
    assert (hour.assessed, hour.waiting, hour.said) == (3, 0, [])
    assert all(len(written) == 1 for written in ward.hospital.written.values())


def test_an_hour_of_outage_is_said_and_its_flag_stays(ward: Surveyed) -> None:
    watch = ward.watch()
    following(watch, ward)
    ward.hospital.away(HOUR, 2 * HOUR)
    hour = following(watch, ward)
    assert (hour.listed, hour.assessed, sum(hour.lacking.values())) == (3, 0, 3)
    assert hour.waiting == 1  # the Flag's renewal
    told = "\n".join(lines(hour))
    assert "3 not assessed" in told
    assert "the census before is gone on with" in told
    assert following(watch, ward).assessed == 3
    assert [each["status"] for each in next(iter(ward.flags().values()))] == ["active"] * 2


def test_a_chart_that_fails_alone_costs_itself_and_is_in_the_rows(ward: Surveyed) -> None:
    out = status(500)
    ward.hospital.fault = lambda path: out if "Patient/p2" in path else well
    hour = ward.watch().hour()
    assert (hour.assessed, sum(hour.lacking.values())) == (2, 1)
    assert {"patient": "p2", "missing": "the chart was not read"} in hour.rows


def test_a_part_of_a_chart_is_taken_in_the_last_attempt_alone_and_counted(ward: Surveyed) -> None:
    out = status(500)
    ward.hospital.fault = lambda path: out if "Condition" in path and "p2" in path else well
    hour = ward.watch().hour()
    assert (hour.assessed, hour.parted) == (3, 1)
    assert ward.hospital.clock.now >= NOON + timedelta(minutes=40)


def test_hours_in_which_nobody_watched_are_said(ward: Surveyed) -> None:
    following(ward.watch(), ward)
    ward.hospital.clock.now += 3 * HOUR
    hour = ward.watch().hour()
    assert hour.said == ["3 hours were missed since 2026-03-15 12:00: nobody was assessed"]


def test_who_left_has_no_flag_any_more_but_not_by_a_census_of_a_part(tmp_path: Path) -> None:
    with surveyed(tmp_path, BEDS | {"p4": ILL}, page=2) as ward:
        watch = ward.watch()
        assert following(watch, ward).listed == 4
        out = status(500)
        ward.hospital.fault = lambda path: out if "_offset" in path else well
        hour = following(watch, ward)
        assert hour.listed == 4  # those of the page that is lacking are gone on with
        assert hour.closed == 0
        assert "not read whole" in " ".join(hour.said)
        ward.hospital.fault = lambda _: well
        del ward.hospital.beds["p4"]
        hour = following(watch, ward)
        assert (hour.listed, hour.closed) == (3, 1)


def test_an_empty_census_after_patients_is_doubted_and_closes_nothing(ward: Surveyed) -> None:
    watch = ward.watch()
    following(watch, ward)
    ward.hospital.census_empty = True
    hour = following(watch, ward)
    assert (hour.listed, hour.assessed, hour.closed) == (3, 3, 0)
    assert "names nobody" in " ".join(hour.said)


class Killed(Exception):
    """The process ends here."""


@pytest.mark.parametrize("after", [0, 1, 3, 4])
def test_a_process_that_ends_anywhere_writes_nothing_twice_under_another_id(
    ward: Surveyed, after: int
) -> None:
    left = [after]

    def put(*arguments: Any, **more: Any) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        http.put(*arguments, **more)

    with pytest.raises(Killed):
        ward.watch(put).hour()
    hour = ward.watch().hour()
    assert hour.waiting == 0
    assert len(ward.flags()) == 1
    made = ward.assessments()
    subjects = [
        (w[0]["subject"]["reference"], w[0]["performer"]["display"], str(w[0].get("method")))
        for w in made.values()
    ]
    assert len(set(subjects)) == len(subjects)
    assert {w[0]["subject"]["reference"] for w in made.values()} == {f"Patient/{p}" for p in BEDS}
    assert all(each == w[0] for w in made.values() for each in w)


def test_what_the_server_will_never_take_is_counted_and_waits_no_more(ward: Surveyed) -> None:
    out = status(422)
    ward.hospital.fault = lambda path: out if "Flag/" in path else well
    hour = ward.watch().hour()
    assert (hour.writes["refused"], hour.waiting) == (1, 0)


def test_nothing_is_written_where_the_site_chose_nothing(ward: Surveyed) -> None:
    hour = ward.but(write=(), flags={}).watch().hour()
    assert hour.assessed == 3
    assert ward.hospital.written == {}


def test_the_rows_are_what_a_worklist_reads(ward: Surveyed, tmp_path: Path) -> None:
    hour = ward.watch().hour()
    file = tmp_path / "rows.ndjson"
    file.write_bytes(b"\n".join(map(msgspec.json.encode, hour.rows)))
    found = read_table(file, None, as_of=NOON).candidates
    risks = {each.patient: each.of("sepsis-risk") for each in found}
    assert set(risks) == set(BEDS)
    assert all(each and each.risk is not None for each in risks.values())


def test_the_budget_of_requests_is_kept_to(ward: Surveyed) -> None:
    ward.but(requests_a_second=2).watch().hour()
    asked = len(ward.hospital.asked) + sum(map(len, ward.hospital.written.values()))
    assert ward.hospital.clock.seconds() >= (asked - 1) / 2


def test_no_line_names_a_patient(ward: Surveyed) -> None:
    told = "\n".join(lines(ward.watch().hour()))
    assert not [patient for patient in BEDS if patient in told]


def test_who_was_assessed_before_a_new_start_is_still_in_the_rows(ward: Surveyed) -> None:
    ward.watch().hour()
    hour = ward.watch().hour()
    assert (hour.listed, hour.assessed) == (3, 0)
    assert {each["patient"] for each in hour.rows} == set(BEDS)


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_five_hundred_patients_are_watched_for_two_days_with_outages(tmp_path: Path) -> None:
    beds = {f"p{n}": ILL if n % 25 == 0 else WELL for n in range(500)}
    with surveyed(tmp_path, beds, page=100) as ward:
        hospital, watch = ward.hospital, ward.watch()
        for hour in range(48):
            match hour:
                case 5:
                    hospital.away(5 * HOUR, 5 * HOUR + timedelta(minutes=15))
                case 12:
                    hospital.away(12 * HOUR, 14 * HOUR)
                case 20:
                    hospital.beds |= {"p25": WELL, "p50": SILENT}
                case 30:
                    watch = ward.watch()
            found = following(watch, ward)
            assert found.listed == 500
            if hour not in (12, 13):
                assert (found.assessed, found.waiting) == (500, 0)
        assert all(len(written) == 1 for written in ward.assessments().values())
        states = [written[-1]["status"] for written in ward.flags().values()]
        assert (states.count("active"), states.count("inactive")) == (19, 1)
