"""A whole run: split, assess partitions in workers, and say in a manifest what was done."""

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import msgspec

from cds_hooks.model_registry.gate import open_gate
from cds_hooks.population.assessing import Done, Job, assess, done_note
from cds_hooks.population.inputs import UnusableInput, found
from cds_hooks.population.splitting import Split, before, split, written
from cds_hooks.settings.file import load
from cds_hooks.settings.settings import Settings

MEGABYTE = 1_000_000
MOST_PARTITIONS = 500
"""Fewer than the files that a process may have open."""

IN_MEMORY = 12
"""How many times a partition's bytes its charts take in a worker's memory, at the most measured."""

OWN_MEGABYTES = 400
"""What a worker holds before it reads a chart: code, tables, models."""


class NotResumable(Exception):
    """The folder holds a run of other files or of other questions; the message says which."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run: `memory` in megabytes a worker, `dask` the address of a cluster or "local"."""

    place: str
    out: Path
    as_of: datetime
    config: Path | None = None
    services: tuple[str, ...] = ()
    workers: int = 1
    memory: int = 2000
    dask: str = ""
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: patients, bytes of bytes, and the seconds that it takes yet, if known."""

    patients: int
    share: float
    per_second: float
    left: float


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was of, with what, and what came of it; seconds are of this run alone."""

    as_of: str
    version: str
    services: tuple[str, ...]
    settings: str
    models: dict[str, str]
    input: str
    files: dict[str, int]
    resources: dict[str, int]
    not_read: dict[str, int]
    quarantined: int
    partitions: int
    patients: int
    assessed: int
    assessments: int
    seconds: float


class _Question(msgspec.Struct, frozen=True, kw_only=True):
    """What must be the same for a run to go on."""

    as_of: str
    services: tuple[str, ...]
    settings: str
    files: dict[str, int]


def asked_as_of(out: Path) -> datetime | None:
    """The moment as of which the run in that folder assesses; None if there is none."""
    try:
        noted = msgspec.json.decode((out / "question.json").read_bytes(), type=_Question)
    except FileNotFoundError:
        return None
    return datetime.fromisoformat(noted.as_of)


def run(
    plan: Plan, *, told: Callable[[Progress], None], splitting: Callable[[int], None]
) -> Manifest:
    """Assesses everyone; `told` after each partition, `splitting` the resources of the first pass.

    Raises UnusableInput, NotResumable and ConfigError.
    """
    began = time.monotonic()
    made = _split(plan, splitting)
    for name in ("assessments", "risks", "done"):
        (plan.out / name).mkdir(exist_ok=True)
    job = Job(plan.out / "work", plan.out, plan.as_of, plan.config, plan.services)
    finished = [_done(plan.out, each) for each in range(made.partitions)]
    done = [each for each in finished if each is not None]
    waiting = [number for number, each in enumerate(finished) if each is None]
    total = sum(made.files.values())
    with _workers(plan) as workers:
        running = [workers.submit(assess, job, number) for number in waiting]
        for future in as_completed(running):
            done.append(future.result())
            told(_progress(done, len(finished) - len(waiting), total, time.monotonic() - began))
    manifest = _manifest(plan, made, done, time.monotonic() - began)
    written(plan.out / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def _split(plan: Plan, splitting: Callable[[int], None]) -> Split:
    """The first pass, or what an earlier one made of the same files for the same questions."""
    system, files = found(plan.place)
    work = plan.out / "work"
    question = _Question(
        as_of=plan.as_of.isoformat(),
        services=plan.services,
        settings=_settings_digest(plan.config),
        files={each.path: each.size for each in files},
    )
    asked, noted = plan.out / "question.json", msgspec.json.encode(question)
    if plan.resume and asked.exists():
        if asked.read_bytes() != noted:
            raise NotResumable(f"{plan.out} holds a run of other files, services, settings or time")
        if (made := before(work)) is not None:
            return made
    elif plan.out.exists() and any(plan.out.iterdir()):
        raise NotResumable(f"{plan.out} is not empty: --resume goes on with a run that is there")
    plan.out.mkdir(parents=True, exist_ok=True)
    written(asked, noted)
    size = sum(each.size for each in files)
    return split(system, files, work, partitions=_partitions(plan, size), told=splitting)


def _partitions(plan: Plan, size: int) -> int:
    room = max(1, plan.memory - OWN_MEGABYTES) * MEGABYTE / IN_MEMORY
    return int(min(MOST_PARTITIONS, max(4 * plan.workers, size / room + 1)))


@contextmanager
def _workers(plan: Plan) -> Iterator[Executor]:
    if not plan.dask:
        with ProcessPoolExecutor(plan.workers, get_context("spawn")) as pool:
            yield pool
        return
    from distributed import Client, LocalCluster

    local = plan.dask == "local"
    here = LocalCluster(n_workers=plan.workers, threads_per_worker=1) if local else plan.dask
    with Client(here) as client:
        yield client.get_executor()


def _done(out: Path, number: int) -> Done | None:
    try:
        return msgspec.json.decode(done_note(out, number).read_bytes(), type=Done)
    except FileNotFoundError:
        return None


def _progress(done: list[Done], before: int, total: int, seconds: float) -> Progress:
    """Of this run the rate; of all of it the share."""
    share = min(1.0, sum(each.bytes for each in done) / max(total, 1))
    own = done[before:]
    rate = sum(each.patients for each in own) / seconds
    work = sum(each.bytes for each in own)
    left = (total - sum(each.bytes for each in done)) * seconds / work if work else 0.0
    return Progress(sum(each.patients for each in done), share, rate, max(0.0, left))


def _settings_digest(config: Path | None) -> str:
    return hashlib.sha256(config.read_bytes()).hexdigest() if config else ""


def _manifest(plan: Plan, made: Split, done: list[Done], seconds: float) -> Manifest:
    settings = load(plan.config) if plan.config else Settings()
    active = open_gate(settings).models.active
    patients = sum(each.patients for each in done)
    if not patients:
        raise UnusableInput(f"{plan.place} holds no resource of a patient that can be read")
    return Manifest(
        as_of=plan.as_of.isoformat(),
        version=version("cds-hooks-server"),
        services=plan.services,
        settings=_settings_digest(plan.config),
        models={name: each.version for name, each in sorted(active.items())},
        input=plan.place,
        files=made.files,
        resources=made.resources,
        not_read=made.not_read,
        quarantined=made.quarantined,
        partitions=made.partitions,
        patients=patients,
        assessed=sum(each.assessed for each in done),
        assessments=sum(each.assessments for each in done),
        seconds=round(seconds, 3),
    )
