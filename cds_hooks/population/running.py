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
from cds_hooks.population.inputs import UnusableInput, digest, found
from cds_hooks.population.splitting import Split, before, split, written
from cds_hooks.settings.file import load
from cds_hooks.settings.settings import Settings
from predictors.predictor import Predictor
from predictors.tree_model import require_model

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


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of what: all of it must be the same for a run to go on.

    `models` are the SHA-256 of the manifests of the models that may answer, `settings` that of the
    site's, `files` of every file that is read.
    """

    as_of: str
    services: tuple[str, ...]
    version: str
    models: dict[str, str]
    settings: str
    files: dict[str, str]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was asked, and what came of it; seconds are of this run alone.

    `unknown` and `broken` are those of `Split`.
    """

    asked: Question
    resources: dict[str, int]
    not_read: dict[str, int]
    quarantined: int
    unknown: int
    broken: tuple[str, ...]
    partitions: int
    patients: int
    assessed: int
    assessments: int
    seconds: float

    @property
    def whole(self) -> bool:
        """Whether every file was read to its end, and someone was assessed."""
        return not self.broken and self.assessed > 0


def asked_as_of(out: Path) -> datetime | None:
    """The moment as of which the run in that folder assesses; None if there is none."""
    try:
        noted = msgspec.json.decode((out / "question.json").read_bytes(), type=Question)
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
    question, made = _split(plan, splitting)
    for name in ("assessments", "risks", "done"):
        (plan.out / name).mkdir(exist_ok=True)
    job = Job(plan.out / "work", plan.out, made, plan.as_of, plan.config, plan.services)
    finished = [_done(plan.out, each) for each in range(made.partitions)]
    done = [each for each in finished if each is not None]
    waiting = [number for number, each in enumerate(finished) if each is None]
    with _workers(plan) as workers:
        running = [workers.submit(assess, job, number) for number in waiting]
        for future in as_completed(running):
            done.append(future.result())
            told(
                _progress(done, len(finished) - len(waiting), made.bytes, time.monotonic() - began)
            )
    manifest = _manifest(plan, question, made, done, time.monotonic() - began)
    written(plan.out / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def _split(plan: Plan, splitting: Callable[[int], None]) -> tuple[Question, Split]:
    """The first pass, or what an earlier one made of the same files for the same question."""
    system, files = found(plan.place)
    work = plan.out / "work"
    asked = plan.out / "question.json"
    going_on = plan.resume and asked.exists()
    if not going_on and plan.out.exists() and any(plan.out.iterdir()):
        raise NotResumable(f"{plan.out} is not empty: --resume goes on with a run that is there")
    question = _question(plan, {each.path: digest(system, each) for each in files})
    if going_on:
        before_it = msgspec.json.decode(asked.read_bytes(), type=Question)
        _require_same(plan.out, before_it, question)
        if (made := before(work)) is not None:
            return question, made
    plan.out.mkdir(parents=True, exist_ok=True)
    written(asked, msgspec.json.encode(question))
    size = sum(each.size for each in files)
    partitions = _partitions(plan, size)
    return question, split(system, files, work, partitions=partitions, told=splitting)


def _question(plan: Plan, files: dict[str, str]) -> Question:
    settings = load(plan.config) if plan.config else Settings()
    models = sorted(open_gate(settings).models.active.items())
    return Question(
        as_of=plan.as_of.isoformat(),
        services=plan.services,
        version=version("cds-hooks-server"),
        models={name: _sealed(each) for name, each in models},
        settings=hashlib.sha256(plan.config.read_bytes()).hexdigest() if plan.config else "",
        files=files,
    )


def _sealed(predictor: Predictor) -> str:
    return hashlib.sha256(msgspec.json.encode(require_model(predictor).manifest)).hexdigest()


def _require_same(out: Path, before_it: Question, question: Question) -> None:
    """Raises NotResumable, with what is other now."""
    names = Question.__struct_fields__
    other = [name for name in names if getattr(before_it, name) != getattr(question, name)]
    if other:
        raise NotResumable(f"{out} holds a run of other {', '.join(other)}")


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


def _manifest(
    plan: Plan, question: Question, made: Split, done: list[Done], seconds: float
) -> Manifest:
    patients = sum(each.patients for each in done)
    if not patients:
        raise UnusableInput(f"{plan.place} holds no resource of a patient that can be read")
    return Manifest(
        asked=question,
        resources=made.resources,
        not_read=made.not_read,
        quarantined=made.quarantined,
        unknown=made.unknown,
        broken=made.broken,
        partitions=made.partitions,
        patients=patients,
        assessed=sum(each.assessed for each in done),
        assessments=sum(each.assessments for each in done),
        seconds=round(seconds, 3),
    )
