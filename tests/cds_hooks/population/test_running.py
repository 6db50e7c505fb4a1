"""A population's assessments are those of the hooks, whatever happens while it runs."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from cds_hooks.bundles.bundle_calls import evaluations
from cds_hooks.fhir_export.risk_assessments import risk_assessments
from cds_hooks.model_registry.gate import open_gate
from cds_hooks.population.inputs import UnusableInput
from cds_hooks.population.running import Manifest, NotResumable, Plan, asked_as_of, run
from cds_hooks.settings.file import load
from tests.cds_hooks.population.exports import CHARTS, exported, resources
from tests.cds_hooks.population.threads import in_threads

AS_OF = datetime(2026, 3, 15, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
SITE = '[services.early-warning]\nmode = "live"\n'


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers as threads, which start at once; the runs that others are held to have processes."""
    if "whole" not in request.fixturenames or "tmp_path" in request.fixturenames:
        in_threads(monkeypatch)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site") / "cds.toml"
    made.write_text(SITE, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("export") / "bulk"
    return folder, exported(folder)


@pytest.fixture(scope="module")
def whole(
    export: tuple[Path, dict[str, bytes]], site: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Manifest]:
    out = tmp_path_factory.mktemp("out") / "run"
    return out, assessed(export[0], out, config=site)


def assessed(place: Path | str, out: Path, **options: Any) -> Manifest:
    plan = Plan(str(place), out, AS_OF, **options)
    return run(plan, told=lambda _: None, splitting=lambda _: None)


def lines(out: Path) -> list[bytes]:
    files = sorted((out / "assessments").glob("*.ndjson"))
    return sorted(line for file in files for line in file.read_bytes().splitlines())


def rows(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.read_table(out / "risks").to_pylist()
    return found


def quarantined(out: Path) -> list[dict[str, Any]]:
    found = (out / "work" / "quarantine.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in found.splitlines()]


def of_hooks(bundles: dict[str, bytes], site: Path) -> Iterator[bytes]:
    settings = load(site)
    models = open_gate(settings).models
    for bundle in bundles.values():
        for chart, each in evaluations(bundle, settings=settings, as_of=AS_OF, models=models):
            yield from map(msgspec.json.encode, risk_assessments(each, chart))


def test_the_assessments_are_those_of_the_hooks_byte_for_byte(
    export: tuple[Path, dict[str, bytes]], whole: tuple[Path, Manifest], site: Path
) -> None:
    assert lines(whole[0]) == sorted(of_hooks(export[1], site))


def test_each_outcome_has_a_row_with_its_number_and_what_was_missing(
    whole: tuple[Path, Manifest],
) -> None:
    found = rows(whole[0])
    stroke = [each for each in found if each["predictor"] == "cha2ds2-va" and each["outcome"]]
    (fires,) = (each for each in stroke if each["patient"] == "af-fires")
    assert (fires["value"], fires["risk"], fires["band"]) == (4.0, None, "warning")
    assert fires["reasons"]
    refused = [each for each in found if each["predictor"] and not each["outcome"]]
    assert refused
    assert all(each["missing"] for each in refused)


def test_the_manifest_says_of_what_and_with_what(whole: tuple[Path, Manifest]) -> None:
    out, made = whole
    assert msgspec.json.decode((out / "manifest.json").read_bytes(), type=Manifest) == made
    assert made.patients >= made.assessed == len(CHARTS)
    assert made.assessments == len(lines(out))
    assert {len(each) for each in made.asked.files.values()} == {64}
    assert made.whole
    assert asked_as_of(out) == AS_OF


def test_a_run_that_is_whole_is_not_done_again(
    export: tuple[Path, dict[str, bytes]], whole: tuple[Path, Manifest], site: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    shutil.copytree(whole[0], out)
    times = {each: each.stat().st_mtime_ns for each in (out / "assessments").iterdir()}
    assessed(export[0], out, config=site, resume=True)
    assert {each: each.stat().st_mtime_ns for each in (out / "assessments").iterdir()} == times


def test_a_partition_that_is_not_done_is_done_when_the_run_goes_on(
    export: tuple[Path, dict[str, bytes]], whole: tuple[Path, Manifest], site: Path, tmp_path: Path
) -> None:
    out = tmp_path / "part"
    shutil.copytree(whole[0], out)
    (out / "done" / "part-00001.json").unlink()
    (out / "assessments" / "part-00001.ndjson").unlink()
    assessed(export[0], out, config=site, resume=True)
    assert lines(out) == lines(whole[0])


def test_a_folder_with_a_run_is_not_written_over_and_another_run_does_not_go_on(
    export: tuple[Path, dict[str, bytes]], whole: tuple[Path, Manifest], site: Path
) -> None:
    with pytest.raises(NotResumable, match="is not empty"):
        assessed(export[0], whole[0], config=site)
    with pytest.raises(NotResumable, match="other services"):
        assessed(export[0], whole[0], config=site, services=("af-stroke-risk",), resume=True)


def test_damaged_lines_cost_only_themselves_and_are_named(
    whole: tuple[Path, Manifest], site: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bulk"
    exported(folder)
    with (folder / "Observation.ndjson").open("a", encoding="utf-8") as file:
        file.write('{"resourceType": "Observation", "sub\n')
        file.write('{"resourceType": "Observation", "id": "x"}\n')
    made = assessed(folder, tmp_path / "out", config=site)
    assert lines(tmp_path / "out") == lines(whole[0])
    assert (made.quarantined, made.unknown) == (2, 2)
    # They may be of anyone, so everyone's rows say so.
    told_to = [each["patient"] for each in rows(tmp_path / "out") if not each["service"]]
    assert sorted(told_to) == sorted({each["patient"] for each in rows(tmp_path / "out")})
    told = quarantined(tmp_path / "out")
    assert [each["reason"] for each in told] == [
        "not a FHIR resource in JSON",
        "a Observation that does not say whose it is",
    ]
    assert told[0]["line"] + 1 == told[1]["line"]


def test_a_damaged_entry_of_a_list_takes_away_the_claim_that_something_is_not_on_it(
    site: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bulk"
    exported(folder, "af-stroke-risk-fires")
    with (folder / "MedicationRequest.ndjson").open("a", encoding="utf-8") as file:
        file.write(
            '{"resourceType":"MedicationRequest","subject":{"reference":"Patient/af-fires"},\n'
        )
    made = assessed(folder, tmp_path / "out", config=site, services=("af-stroke-risk",))
    assert (made.quarantined, made.unknown) == (1, 0)
    # The stroke risk with "no anticoagulant on the list" would be a warning.
    told = rows(tmp_path / "out")
    assert {each["band"] for each in told if each["service"]} == {"info"}


def test_a_damaged_result_is_said_in_the_rows_of_the_patients_that_it_names(
    site: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bulk"
    exported(folder)
    damaged = (
        b'{"resourceType":"Observation","subject":{"reference":"Patient/af-fires"},"performer"'
    )
    other = b':[{"reference":"Patient/lab-fires"}],"note":"\xff"}\n'
    with (folder / "Observation.ndjson").open("ab") as file:
        file.write(damaged + other)
    made = assessed(folder, tmp_path / "out", config=site)
    assert (made.quarantined, made.unknown) == (1, 0)
    said = [
        (row["patient"], row["missing"]) for row in rows(tmp_path / "out") if not row["service"]
    ]
    missing = ["a damaged line was not read: Observation"]
    assert sorted(said) == [("af-fires", missing), ("lab-fires", missing)]


def test_a_line_that_is_not_utf8_costs_only_itself(
    whole: tuple[Path, Manifest], site: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bulk"
    exported(folder)
    with (folder / "Medication.ndjson").open("ab") as file:
        file.write(b'{"resourceType":"Medication","id":"m","code":{"text":"\xff"}}\n')
    made = assessed(folder, tmp_path / "out", config=site)
    assert lines(tmp_path / "out") == lines(whole[0])
    assert made.quarantined == 1


def test_a_list_whose_file_breaks_may_hold_anything_of_anyone(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bulk"
    exported(folder, "af-stroke-risk-fires")
    packed = gzip.compress((folder / "MedicationRequest.ndjson").read_bytes() * 50)
    (folder / "MedicationRequest.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    made = assessed(folder, tmp_path / "out", config=site, services=("af-stroke-risk",))
    assert not made.whole
    told = rows(tmp_path / "out")
    assert {each["band"] for each in told if each["service"]} == {"info"}
    assert ["files that end before their end: MedicationRequest.ndjson.gz"] in [
        each["missing"] for each in told
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_bundle_over_many_lines_is_read(ends: str, site: Path, tmp_path: Path) -> None:
    held = [*resources("af-stroke-risk-fires"), {"resourceType": "Medication", "id": "m"}]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": each} for each in held]}
    text = json.dumps(bundle, indent=2).replace("\n", ends)
    (tmp_path / "chart.json").write_bytes(text.encode())
    made = assessed(tmp_path / "chart.json", tmp_path / "out", config=site)
    assert (made.assessed, made.quarantined) == (1, 0)


def test_a_file_that_breaks_is_said_and_the_rest_is_done(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bulk"
    exported(folder, "af-stroke-risk-fires")
    packed = gzip.compress((folder / "Observation.ndjson").read_bytes() * 50)
    (folder / "Observation.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    made = assessed(folder, tmp_path / "out", config=site)
    assert made.broken == ("Observation.ndjson.gz",)
    assert not made.whole
    assert made.assessed == 1


def test_a_file_that_was_changed_is_not_gone_on_with(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bulk"
    exported(folder, "af-stroke-risk-fires")
    assessed(folder, tmp_path / "out", config=site)
    patients = folder / "Patient.ndjson"
    patients.write_bytes(patients.read_bytes().replace(b"1947", b"1948"))
    with pytest.raises(NotResumable, match="other files"):
        assessed(folder, tmp_path / "out", config=site, resume=True)


def test_what_is_critical_is_in_the_row_of_its_service(
    whole: tuple[Path, Manifest],
) -> None:
    critical = [each for each in rows(whole[0]) if each["band"] == "critical"]
    assert critical
    assert all(each["reasons"] for each in critical)


def test_compressed_files_bundles_and_parquet_give_the_same(
    whole: tuple[Path, Manifest], site: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bulk"
    exported(folder, *CHARTS[:4])
    plain = (folder / "Observation.ndjson").read_bytes()
    (folder / "Observation.ndjson.gz").write_bytes(gzip.compress(plain))
    (folder / "Observation.ndjson").unlink()
    with pa.CompressedOutputStream(str(folder / "Patient.ndjson.zst"), "zstd") as packed:
        packed.write((folder / "Patient.ndjson").read_bytes())
    (folder / "Patient.ndjson").unlink()
    entries = [{"resource": each} for each in resources(CHARTS[4])]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    (folder / "chart.json").write_text(json.dumps(bundle), encoding="utf-8")
    texts = [json.dumps(each) for each in resources(CHARTS[5])]
    parquet.write_table(pa.table({"resource": texts}), folder / "lake.parquet")
    assessed(folder, tmp_path / "out", config=site)
    assert lines(tmp_path / "out") == lines(whole[0])


def test_columns_of_parquet_are_the_elements_of_a_resource(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    folder.mkdir()
    for number, each in enumerate(resources(CHARTS[0])):
        parquet.write_table(pa.Table.from_pylist([each]), folder / f"{number}.parquet")
    made = assessed(folder, tmp_path / "out", config=site)
    assert (made.patients, made.quarantined) == (1, 0)


def test_a_drug_that_an_order_points_at_is_read_with_the_chart(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bulk"
    exported(folder, "af-stroke-risk-fires")
    drug = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1364430"}
    medication = {"resourceType": "Medication", "id": "m1", "code": {"coding": [drug]}}
    (patient,) = (each["id"] for each in resources(CHARTS[0]) if each["resourceType"] == "Patient")
    order = {
        "resourceType": "MedicationRequest",
        "id": "points",
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "Medication/m1"},
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": "2026-03-01",
    }
    (folder / "Medication.ndjson").write_text(json.dumps(medication), encoding="utf-8")
    with (folder / "MedicationRequest.ndjson").open("a", encoding="utf-8") as file:
        file.write(json.dumps(order) + "\n")
    assessed(folder, tmp_path / "out", config=site, services=("af-stroke-risk",))
    (stroke,) = (each for each in rows(tmp_path / "out") if each["predictor"] == "cha2ds2-va")
    assert stroke["band"] != "warning"  # apixaban is on the list


def test_someone_without_a_patient_resource_is_listed_as_not_assessed(
    site: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bulk"
    exported(folder, "af-stroke-risk-fires")
    (folder / "Patient.ndjson").unlink()
    made = assessed(folder, tmp_path / "out", config=site)
    assert (made.patients, made.assessed) == (1, 0)
    (row,) = rows(tmp_path / "out")
    assert row["missing"] == ["the chart cannot be read: the Bundle holds no Patient with an id"]


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnusableInput, match=r"holds no \*\.ndjson"):
        assessed(tmp_path / "empty", tmp_path / "out")
    (tmp_path / "empty" / "Organization.ndjson").write_text('{"resourceType": "Organization"}\n')
    with pytest.raises(UnusableInput, match="no resource of a patient"):
        assessed(tmp_path / "empty", tmp_path / "out")


def _killed(folder: Path, out: Path, site: Path, *, after: float) -> None:
    """Starts a run in processes of its own, and ends them all at once."""
    command = [sys.executable, "-c", "from cds_hooks.commands.cli import main; main()"]
    asked = ["population", "run", str(folder), "--out", str(out), "--config", str(site)]
    more = ["--as-of", AS_OF.isoformat(), "--workers", "2"]
    process = subprocess.Popen(
        [*command, *asked, *more, *(["--resume"] if out.exists() else [])],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + after
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.02)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.long
def test_a_run_that_is_killed_at_ten_moments_ends_as_one_that_was_not(
    export: tuple[Path, dict[str, bytes]], whole: tuple[Path, Manifest], site: Path, tmp_path: Path
) -> None:
    for moment in range(10):
        out = tmp_path / str(moment)
        for attempt in range(2):
            _killed(export[0], out, site, after=0.5 + 0.6 * moment + 0.2 * attempt)
        assessed(export[0], out, config=site, resume=True, workers=2)
        assert lines(out) == lines(whole[0])


@pytest.mark.long
def test_a_dask_cluster_gives_the_same_as_workers_of_this_computer(
    export: tuple[Path, dict[str, bytes]], whole: tuple[Path, Manifest], site: Path, tmp_path: Path
) -> None:
    assessed(export[0], tmp_path / "out", config=site, workers=2, dask="local")
    assert lines(tmp_path / "out") == lines(whole[0])
