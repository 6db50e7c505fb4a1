"""The second pass: a partition's patients, each by the same functions as a hook's call."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
from msgspec.structs import replace
from pyarrow import parquet

from cds_hooks import logs
from cds_hooks.bundles import bundle_calls
from cds_hooks.bundles.bundle_calls import Asked, of_resources
from cds_hooks.bundles.ehr import UnusableBundle
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.evaluation import Assessment, Evaluation, asked
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.patient import Risk
from cds_hooks.fhir_export.risk_assessments import risk_assessments
from cds_hooks.model_registry.gate import open_gate
from cds_hooks.population.splitting import (
    SHARED,
    Damage,
    Split,
    legible_types,
    partition,
    written,
)
from cds_hooks.protocol.cards import URGENCY
from cds_hooks.protocol.errors import CDSError
from cds_hooks.settings.file import load
from cds_hooks.settings.settings import Settings
from predictors.predictor import Prediction, Refusal

Resource: TypeAlias = dict[str, Any]

MOST_REASONS = 3
_LISTS = {
    "AllergyIntolerance": "code",
    "Condition": "code",
    "MedicationRequest": "medicationCodeableConcept",
    "Procedure": "code",
}
"""The lists of which it may be claimed that something is not on them, and an element of each."""

_POINTS_AT = re.compile(rb'"reference"\s*:\s*"[^"]*?((?:Medication|Location)/[^"/]+)"')
_SCHEMA = pa.schema(
    [
        ("patient", pa.string()),
        ("service", pa.string()),
        ("predictor", pa.string()),
        ("version", pa.string()),
        ("outcome", pa.string()),
        ("risk", pa.float64()),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("band", pa.string()),
        ("reasons", pa.list_(pa.string())),
        ("missing", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is told of a run: places, what was split, what is asked, and as of when."""

    work: Path
    out: Path
    split: Split
    as_of: datetime
    config: Path | None
    services: tuple[str, ...]


class Row(msgspec.Struct, frozen=True):
    """One outcome of one service for one patient; of a refusal only what is missing.

    `reasons` are what is critical, or else what raises the outcome most where a card fires.

    `risk` is a probability; a score's number is `value` alone. `band` is the indicator of the
    service's most urgent finding, "" if it has none.
    """

    patient: str
    service: str
    predictor: str = ""
    version: str = ""
    outcome: str = ""
    risk: float | None = None
    value: float | None = None
    unit: str = ""
    band: str = ""
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one partition."""

    number: int
    patients: int
    assessed: int
    assessments: int
    bytes: int


def assess(job: Job, number: int) -> Done:
    """Assesses the patients of a partition, and writes its results and last that it is done."""
    settings, models, questions = _prepared(job.config, job.services)
    content = partition(job.work, number).read_bytes()
    resources: list[Resource] = []
    rows: list[Row] = []
    counts = Counter[str]()
    for patient, lines in _charts(content):
        counts["patients"] += 1
        held, damaged = _held(lines, _shared(job.work))
        if lacking := (*map(_said, damaged), *_of_anyone(job.split)):
            rows.append(Row(patient, "", missing=lacking))
        held += _unreadable(patient, (*damaged, *(Damage((each,)) for each in job.split.cut)))
        try:
            made = list(
                of_resources(held, questions, settings=settings, as_of=job.as_of, models=models)
            )
        except (CDSError, UnusableBundle) as error:
            rows.append(Row(patient, "", missing=(f"the chart cannot be read: {error}",)))
            continue
        counts["assessed"] += 1
        for chart, evaluation in made:
            resources += risk_assessments(evaluation, chart)
            rows += _rows(chart, evaluation)
    _write(job.out, number, resources, rows)
    done = Done(
        number=number,
        patients=counts["patients"],
        assessed=counts["assessed"],
        assessments=len(resources),
        bytes=len(content),
    )
    written(done_note(job.out, number), msgspec.json.encode(done))
    return done


def done_note(out: Path, number: int) -> Path:
    """Where it is noted that a partition is done."""
    return out / "done" / f"part-{number:05}.json"


@cache
def _prepared(
    config: Path | None, services: tuple[str, ...]
) -> tuple[Settings, Models, tuple[Asked, ...]]:
    logs.configure()
    settings = load(config) if config else Settings()
    return settings, open_gate(settings).models, bundle_calls.asked(settings, services or None)


@cache
def _shared(work: Path) -> Mapping[bytes, bytes]:
    """The resources of no patient, by "Type/id"; what points at one that is damaged finds none."""
    found = {}
    for line in filter(None, (work / SHARED).read_bytes().split(b"\n")):
        if (resource := _decoded(line)) is not None:
            found[f"{resource['resourceType']}/{resource.get('id')}".encode()] = line
    return found


def _charts(content: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The lines of each patient, in the order of their ids: resources in the order they came."""
    pairs = [line.split(b"\t", 1) for line in filter(None, content.split(b"\n"))]
    pairs.sort(key=lambda pair: pair[0])
    for patient, group in groupby(pairs, key=lambda pair: pair[0]):
        yield patient.decode(), [line for _, line in group]


def _held(
    lines: Sequence[bytes], shared: Mapping[bytes, bytes]
) -> tuple[list[Resource], list[Damage]]:
    """The resources of a chart, with those of no patient that they point at; and its damage."""
    pointed = {each for line in lines for each in _POINTS_AT.findall(line)} if shared else set()
    also = (shared[each] for each in sorted(pointed) if each in shared)
    held, damaged = [], []
    for line in (*lines, *also):
        resource = _decoded(line)
        if resource is None:
            damaged.append(Damage(legible_types(line)))
        elif "resourceType" not in resource:
            damaged.append(msgspec.convert(resource, Damage))
        else:
            held.append(resource)
    return held, damaged


def _decoded(line: bytes) -> Resource | None:
    """The JSON of a line; None where only its outer elements can be read."""
    try:
        resource: Resource = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return resource


def _said(damage: Damage) -> str:
    return f"a damaged line was not read: {', '.join(damage.damaged) or 'its type is not legible'}"


def _of_anyone(split: Split) -> Iterator[str]:
    """What was not read and may be of any patient."""
    if split.unknown:
        yield f"{split.unknown} damaged lines do not say whose they are"
    if split.broken:
        yield f"files that end before their end: {', '.join(split.broken)}"


def _unreadable(patient: str, damaged: Iterable[Damage]) -> Iterator[Resource]:
    """An entry that may be anything for each list that damage may be of.

    So no claim is made that something is not on the list. What names no type may be of any.
    """
    for number, each in enumerate(damaged):
        for kind in _LISTS.keys() & (each.damaged or _LISTS.keys()):
            yield {
                "resourceType": kind,
                "id": f"damaged-{number}",
                "status": "active",
                "subject": {"reference": f"Patient/{patient}"},
                _LISTS[kind]: 0,
            }


def _rows(chart: Chart, evaluation: Evaluation) -> Iterator[Row]:
    patient, service = chart.context.patient_id, evaluation.service.id
    indicators = {finding.card.indicator for finding in evaluation.findings}
    band = next((each for each in URGENCY if each in indicators), "")
    told = tuple(e.card.summary for e in evaluation.findings if e.card.indicator == "critical")
    row = Row(patient, service, band=band, reasons=told[:MOST_REASONS])
    for made in evaluation.assessments:
        yield from _of_assessment(replace(row, predictor=asked(made)), made)
    if evaluation.findings and not evaluation.assessments:
        yield row


def _of_assessment(row: Row, made: Assessment) -> Iterator[Row]:
    if isinstance(made, Refusal):
        yield replace(row, missing=tuple(each.text for each in made.reasons))
        return
    version = made.assessment.predictor.version
    missing = tuple(made.label(name) for name in made.assessment.missing)
    for each in made.assessment.predictions:
        risk = each.value if each.unit == "1" else None
        yield replace(
            row,
            version=version,
            outcome=each.outcome,
            risk=risk,
            value=each.value,
            unit=each.unit,
            reasons=row.reasons or (_reasons(made, each) if row.band else ()),
            missing=missing,
        )


def _reasons(risk: Risk, prediction: Prediction) -> tuple[str, ...]:
    """What raises it most, of what fires alone: to explain a model costs more than to ask it."""
    explained = prediction.explained().contributions
    raising = sorted((part for part in explained if part.amount > 0), key=lambda part: -part.amount)
    return tuple(risk.label(part.input) for part in raising[:MOST_REASONS])


def _write(out: Path, number: int, resources: list[Resource], rows: list[Row]) -> None:
    lines = b"".join(msgspec.json.encode(each) + b"\n" for each in resources)
    written(out / "assessments" / f"part-{number:05}.ndjson", lines)
    columns = {name: [getattr(row, name) for row in rows] for name in _SCHEMA.names}
    table = pa.table(columns, schema=_SCHEMA)
    buffer = pa.BufferOutputStream()
    parquet.write_table(table, buffer, compression="zstd")
    written(out / "risks" / f"part-{number:05}.parquet", buffer.getvalue().to_pybytes())
