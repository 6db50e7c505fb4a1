import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_hooks.worklist.candidates import Candidate
from cds_hooks.worklist.table import UnusableTable, read_table

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def read(rows: object, folder: Path, beds: object = None) -> tuple[Candidate, ...]:
    (folder / "risks.json").write_text(json.dumps(rows), encoding="utf-8")
    if beds is None:
        return read_table(folder / "risks.json", None, as_of=NOW).candidates
    (folder / "beds.json").write_text(json.dumps(beds), encoding="utf-8")
    return read_table(folder / "risks.json", folder / "beds.json", as_of=NOW).candidates


def row(**columns: object) -> dict[str, object]:
    return {"patient": "a", "service": "sepsis-risk", "outcome": "sepsis", **columns}


def test_the_same_rows_are_read_from_parquet_csv_json_and_ndjson(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [row(risk=0.2, reasons=["lactate", "heart rate"]), row(patient="b", risk=None)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "rows.parquet")
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    (tmp_path / "rows.ndjson").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "rows.csv").write_text(
        "patient,service,outcome,Risk,Top reasons\n"
        "a,sepsis-risk,sepsis,0.2,lactate; heart rate\nb,sepsis-risk,sepsis,,\n"
    )
    read = [
        read_table(tmp_path / f"rows.{kind}", None, as_of=NOW).candidates
        for kind in ("parquet", "json", "ndjson", "csv")
    ]
    assert all(each == read[0] for each in read)
    assert read[0][0].risks[0].reasons == ("lactate", "heart rate")
    assert read[0][1].risks[0].risk is None
    assert read_table(tmp_path, None, as_of=NOW).candidates == read[0]


def test_who_has_a_bed_and_no_risk_is_still_a_candidate(tmp_path: Path) -> None:
    found = read([row(risk=0.2)], tmp_path, [{"patient": "a"}, {"patient": "b"}])
    assert [each.patient for each in found] == ["a", "b"]
    assert found[1].risks == ()


def test_a_risk_that_is_no_number_is_unknown_and_told_without_its_value(tmp_path: Path) -> None:
    (found,) = read([row(risk="high-and-secret")], tmp_path)
    assert found.risks[0].risk is None
    assert found.faults == ("risk of sepsis-risk is not a number",)


@pytest.mark.parametrize("value", [7, -0.1, 1.01])
def test_a_number_that_is_no_probability_is_no_risk(value: float, tmp_path: Path) -> None:
    (found,) = read([row(risk=value)], tmp_path)
    assert found.risks[0].risk is None


def test_hours_from_now_are_the_later_risks_and_a_gap_stays_as_before(tmp_path: Path) -> None:
    rows = [row(hour=0, risk=0.1), row(hour=1, risk=0.2), row(hour=3, risk=0.4)]
    (found,) = read(rows, tmp_path)
    assert [found.risks[0].at(hour) for hour in range(5)] == [0.1, 0.2, 0.2, 0.4, 0.4]


def test_of_two_rows_for_the_same_the_higher_risk_counts(tmp_path: Path) -> None:
    (found,) = read([row(risk=0.3), row(risk=0.1), row(risk=None)], tmp_path)
    assert found.risks[0].risk == 0.3


@pytest.mark.parametrize("value", [True, "true", "potassium 7.1 mmol/L"])
def test_a_marked_finding_is_life_threatening(value: object, tmp_path: Path) -> None:
    (found,) = read([row(critical=value)], tmp_path)
    assert found.critical


@pytest.mark.parametrize("value", [False, "no", "", None, 0])
def test_an_unmarked_one_is_not(value: object, tmp_path: Path) -> None:
    (found,) = read([row(critical=value)], tmp_path)
    assert not found.critical


def test_a_critical_band_is_life_threatening_with_its_reasons(tmp_path: Path) -> None:
    (found,) = read([row(service="lab-safety", band="critical", reasons="K 7.1")], tmp_path)
    assert found.critical == ("lab-safety: K 7.1",)


def test_a_critical_band_without_reasons_is_no_less_life_threatening(tmp_path: Path) -> None:
    (found,) = read([row(service="lab-safety", band="critical", outcome="creatinine")], tmp_path)
    assert len(found.critical) == 1
    assert "open the chart" in found.critical[0]


def test_the_newest_review_counts_whichever_file_tells_of_it(tmp_path: Path) -> None:
    beds = [{"patient": "a", "last_reviewed": (NOW - timedelta(hours=9)).isoformat()}]
    (found,) = read([row(reviewed_hours_ago=3)], tmp_path, beds)
    assert found.reviewed == 3


@pytest.mark.parametrize("value", ["yesterday", "2026-03-15T10:00:00", "2027-01-01T00:00:00Z"])
def test_a_review_at_no_certain_time_before_now_is_unknown_and_told(
    value: str, tmp_path: Path
) -> None:
    (found,) = read([row(last_reviewed=value)], tmp_path)
    assert found.reviewed is None
    assert found.faults


def test_rows_without_a_patient_are_counted(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("patient,service\na,x\n,x\n ,y\n")
    assert read_table(tmp_path / "rows.csv", None, as_of=NOW).nameless == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("rows.txt", b"patient"),
        ("rows.csv", b"name\na\n"),
        ("bytes.csv", b"patient\n\xff\n"),
        ("rows.json", b"{}"),
        ("damaged.json", b"[{"),
        ("damaged.parquet", b"PAR1"),
        ("numbers.json", b"[1]"),
    ],
)
def test_what_holds_no_patients_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableTable):
        read_table(tmp_path / name, None, as_of=NOW)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
COLUMNS = ["risk", "hour", "critical", "last_reviewed", "reviewed_hours_ago", "skills", "reasons"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(COLUMNS), ANYTHING))
def test_whatever_a_column_holds_the_patient_is_listed(
    tmp_path: Path, columns: dict[str, object]
) -> None:
    (found,) = read([row(**columns)], tmp_path)
    assert found.patient == "a"
    assert all(each.risk is None or 0 <= each.risk <= 1 for each in found.risks)
