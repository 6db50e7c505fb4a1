"""What a population run costs: `make bench-population PATIENTS=1000`.

Makes patients by copying the fixtures under new ids, some 11 kB each, and runs all services on them
with one worker and with two, and with two of Dask where it is installed. Prints patients and
megabytes a second of the workers' processor time, and the most memory that a worker took.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

PATIENTS = Path("fixtures/patients")
COMMAND = (sys.executable, "-c", "from cds_hooks.commands.cli import main; main()", "population")
AS_OF = "2026-03-15T12:00:00Z"


def export(folder: Path, patients: int) -> int:
    """Writes so many patients as NDJSON by resource type; the bytes of it."""
    charts = [each for each in map(_chart, sorted(PATIENTS.glob("*.json"))) if each]
    by_type: defaultdict[str, list[str]] = defaultdict(list)
    for number in range(patients):
        patient, resources = charts[number % len(charts)]
        for kind, text in resources:
            by_type[kind].append(text.replace(patient, f"{patient}-{number}"))
    for kind, lines in by_type.items():
        (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return sum(each.stat().st_size for each in folder.iterdir())


def _chart(file: Path) -> tuple[str, list[tuple[str, str]]] | None:
    entries = json.loads(file.read_bytes())["entry"]
    held = [each["resource"] for each in entries]
    patients = [each["id"] for each in held if each["resourceType"] == "Patient"]
    told = [(each["resourceType"], json.dumps(each)) for each in held]
    return (patients[0], told) if len(patients) == 1 else None


def measured(place: Path, out: Path, *options: str) -> tuple[float, float, float]:
    """Seconds, seconds of the processor, and the most megabytes that a process took."""
    shutil.rmtree(out, ignore_errors=True)
    began = time.monotonic()
    asked = ("run", str(place), "--out", str(out), "--as-of", AS_OF, *options)
    process = psutil.Popen(
        [*COMMAND, *asked],
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    spent: dict[int, float] = {}
    most = 0.0
    while process.poll() is None:
        for pid, seconds, megabytes in _costs(process):
            spent[pid], most = seconds, max(most, megabytes)
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit("the run failed")
    return time.monotonic() - began, sum(spent.values()), most


def _costs(process: psutil.Process) -> Iterator[tuple[int, float, float]]:
    for each in (process, *process.children(recursive=True)):
        try:
            times, memory = each.cpu_times(), each.memory_info()
        except psutil.NoSuchProcess:
            continue
        yield each.pid, times.user + times.system, memory.rss / 1e6


def main() -> None:
    """Prints a line for each way to run it."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, nargs="*", default=[500, 1000, 2000])
    ways: list[tuple[str, tuple[str, ...]]] = [
        ("1 worker", ("--workers", "1")),
        ("2 workers", ("--workers", "2")),
    ]
    if find_spec("distributed"):
        ways.append(("2 of Dask", ("--workers", "2", "--dask", "local")))
    print("patients     MB  way           s   CPU s  patients/CPU s   MB/CPU s  most MB")
    for patients in parser.parse_args().patients:
        with TemporaryDirectory() as folder:
            place = Path(folder, "bulk")
            place.mkdir()
            megabytes = export(place, patients) / 1e6
            for name, options in ways:
                seconds, cpu, most = measured(place, Path(folder, "out"), *options)
                print(
                    f"{patients:8} {megabytes:6.1f}  {name:9} {seconds:6.1f} {cpu:7.1f}"
                    f" {patients / cpu:15.1f} {megabytes / cpu:10.2f} {most:8.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
