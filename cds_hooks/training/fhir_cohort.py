"""A site's own charts and outcomes as a cohort: read and assessed by the line that serves."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from cds_hooks.bundles import ehr
from cds_hooks.bundles.bundle_calls import asked_of, chart_of
from cds_hooks.bundles.ehr import UnusableBundle
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.eligibility import ruled_out
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import Service, services
from cds_hooks.settings.settings import Settings
from cds_hooks.training import retrospect
from fhir_adapters.facts.facts import Fact
from predictors.predictor import NotAssessed, Predictor
from predictors.score import age, sex
from predictors.training.cohort import Cohort, Floats, Integers, Outcome, Survival, age_bands
from predictors.training.progress import Progress
from predictors.tree_model import model_of

OUTCOMES = "outcomes.csv"
NO_CONTEXT = "context: missing"
"""Why a chart without an encounter is not assessed by a service of a hook about one."""

READ = {"id", "as_of", "outcome", "years", "event"}
"""The columns that are read; any other divides the patients into subgroups."""


class UnusableData(ValueError):
    """The folder holds no charts with outcomes; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Charted:
    """The assessed charts with their margins [n], and how many were refused for which reason."""

    cohort: Cohort
    margins: Floats
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Assessed:
    label: Mapping[str, str]
    margin: float
    age: float
    sex: str
    comparators: Mapping[str, float]


def cohort_of_charts(
    folder: Path, predictor: Predictor, *, settings: Settings, models: Models, progress: Progress
) -> Charted:
    """Assesses every chart in `*.json` (a Bundle) and `*.ndjson` (one a line) that has an outcome.

    `outcomes.csv` has a row an assessment: `id` of the Patient, `as_of` with its offset, `outcome`
    0 or 1 (or `years` and `event`), and any further columns as subgroups. The chart is taken as it
    was then. Raises UnusableData, and UnusableBundle for a file that is no Bundle.
    """
    service = _service(predictor)
    labels, refused, made = _labels(folder / OUTCOMES), Counter[str](), list[_Assessed]()
    files = sorted((*folder.glob("*.json"), *folder.glob("*.ndjson")))
    for place, file in enumerate(files, start=1):
        for bundle in _bundles(file):
            held = ehr.resources(bundle)
            for label in labels.get(ehr.patient_id(held), ()):
                moment = datetime.fromisoformat(label["as_of"])
                chart = _chart(held, service, moment, settings=settings, models=models)
                answer = _assessment(chart, service, predictor, label) if chart else NO_CONTEXT
                if isinstance(answer, str):
                    refused[answer] += 1
                else:
                    made.append(answer)
        progress(place / len(files), "Assessing charts")
    if not made:
        raise UnusableData(f"no chart with an outcome could be assessed: {dict(refused)}")
    model = model_of(predictor)
    hourly = model is not None and model.hours > 0
    if hourly:
        made.sort(key=lambda each: (each.label["id"], _asked(each)))
    cohort = _cohort(folder.name, made, hourly=hourly)
    return Charted(cohort, np.array([each.margin for each in made]), refused)


def _service(predictor: Predictor) -> Service:
    """The service that the chart is read for: that of the predictor's name, or any that uses it."""
    found = services()
    for service in filter(None, (found.get(predictor.name), *found.values())):
        if not service.gathers and predictor.name in {each.name for each in service.uses}:
            return service
    raise UnusableData(f"no service uses {predictor.name}, so no chart is read for it")


def _labels(path: Path) -> Mapping[str, list[Mapping[str, str]]]:
    if not path.is_file():
        raise UnusableData(f"there is no {OUTCOMES} with the columns id, as_of and outcome")
    by_patient: dict[str, list[Mapping[str, str]]] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            _check_label(row, number)
            by_patient.setdefault(row["id"], []).append(row)
    return by_patient


def _check_label(row: Mapping[str, str], number: int) -> None:
    """Refuses a row without saying what it holds, which may be a patient's."""
    try:
        aware = datetime.fromisoformat(row["as_of"]).tzinfo is not None
        known = row["outcome"] in {"0", "1"} if "outcome" in row else _censored(row)
    except (KeyError, TypeError, ValueError):
        aware = known = False
    if not (aware and known and row.get("id")):
        needed = "id, as_of with its offset, and outcome 0 or 1 or years and event 0 or 1"
        raise UnusableData(f"line {number} of {OUTCOMES} needs {needed}")


def _censored(row: Mapping[str, str]) -> bool:
    return float(row["years"]) >= 0 and row["event"] in {"0", "1"}


def _bundles(file: Path) -> Iterator[bytes]:
    if file.suffix == ".json":
        yield file.read_bytes()
        return
    with file.open("rb") as lines:
        yield from (line for line in lines if line.strip())


def _chart(
    held: list[retrospect.Resource],
    service: Service,
    moment: datetime,
    *,
    settings: Settings,
    models: Models,
) -> Chart | None:
    """The chart as it was; None where it cannot fill the context of the service's hook."""
    then = list(retrospect.as_of(held, moment, zone=settings.site_map.zone))
    try:
        asked = asked_of((service,), settings)
        return chart_of(then, asked, settings=settings, as_of=moment, models=models)
    except UnusableBundle:
        return None


def _assessment(
    chart: Chart, service: Service, predictor: Predictor, label: Mapping[str, str]
) -> _Assessed | str:
    """The assessment, or why there is none: an input and its problem, no value of the patient's."""
    patient = chart.shown_to(service)
    if (reason := ruled_out(service, patient)) is not None:
        return f"{reason.input or service.id}: {reason.problem}"
    try:
        prediction = patient.risk(predictor).assessment.predictions[0]
    except NotAssessed as refusal:
        return "; ".join(f"{each.input}: {each.problem}" for each in refusal.reasons)
    margin = prediction.baseline + sum(each.amount for each in prediction.contributions)
    others = [each for each in service.uses if each.name != predictor.name]
    return _Assessed(
        label,
        margin,
        _age(patient.read(age())),
        str(patient.read(sex()).value or ""),
        {each.title: _value(patient, each) for each in others},
    )


def _age(fact: Fact) -> float:
    return float(fact.value) if isinstance(fact.value, int | float) else float("nan")


def _value(patient: Assessed, predictor: Predictor) -> float:
    try:
        return patient.risk(predictor).assessment.predictions[0].value
    except NotAssessed:
        return float("nan")


def _asked(each: _Assessed) -> datetime:
    return datetime.fromisoformat(each.label["as_of"])


def _cohort(name: str, made: list[_Assessed], *, hourly: bool) -> Cohort:
    """The assessments; `hourly` ones as the hours of one stay a patient, in the order of time."""
    _, patients = np.unique([each.label["id"] for each in made], return_inverse=True)
    further = [column for column in made[0].label if column not in READ]
    groups = {column: np.array([each.label[column] or "" for each in made]) for column in further}
    return Cohort(
        name=name,
        features=(),
        patients=patients,
        rows=np.empty((len(made), 0)),
        outcome=_outcome(made),
        subgroups={
            "age": age_bands(np.array([each.age for each in made])),
            "sex": np.array([each.sex for each in made]),
            **groups,
        },
        comparators={
            title: np.array([each.comparators[title] for each in made])
            for title in made[0].comparators
        },
        stays=patients if hourly else None,
        hours=_hours(made, patients) if hourly else None,
    )


def _hours(made: list[_Assessed], patients: Integers) -> Integers:
    """Whole hours since the patient's first assessment."""
    asked = np.array([_asked(each).timestamp() for each in made])
    first = np.full(patients.max() + 1, np.inf)
    np.minimum.at(first, patients, asked)
    return ((asked - first[patients]) // 3600).astype(np.int64)


def _outcome(made: list[_Assessed]) -> Outcome:
    if "outcome" in made[0].label:
        return np.array([each.label["outcome"] == "1" for each in made])
    years = np.array([float(each.label["years"]) for each in made])
    return Survival(years, np.array([each.label["event"] == "1" for each in made]))
