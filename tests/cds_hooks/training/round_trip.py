"""Real stays in intensive care, told in FHIR in any units and order, and read back as features."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import opened
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.settings import Settings
from fhir_adapters.terminology import units
from fhir_adapters.terminology.tables import rows as table
from fhir_adapters.terminology.value_sets import concepts
from predictors import manifest
from predictors.model_folder import MANIFEST, MODEL
from predictors.predictor import Predictor, Value
from predictors.training.calibration import logistic
from predictors.training.cohort import Flags
from predictors.tree_model import Floats, booster, loaded, model_of, require_model
from tests.charts import LOINC, SUBJECT, Resource, request

AS_IT_IS: Mapping[str, str] = {}
OTHER = {
    "spo2": "1",
    "fio2": "1",
    "temperature": "[degF]",
    "sbp": "kPa",
    "paco2": "kPa",
    "bun": "mmol/L",
    "creatinine": "umol/L",
    "calcium": "mmol/L",
    "phosphate": "mmol/L",
    "magnesium": "mmol/L",
    "glucose": "mmol/L",
    "lactate": "mg/dL",
    "bilirubin_total": "umol/L",
    "ast": "ukat/L",
    "alp": "nkat/L",
    "hematocrit": "L/L",
    "hemoglobin": "mmol/L",
    "wbc": "/uL",
    "platelets": "/uL",
    "albumin": "g/L",
    "weight": "g",
}
"""The unit in which a chart gives a concept, where it is another than the concept's own."""

CODES = {
    each["concept"]: each["code"] for each in reversed(table("codes")) if each["system"] == "loinc"
}
OF_UNIT = {
    (each["concept"], each["unit_hint"]): each["code"]
    for each in reversed(table("codes"))
    if each["system"] == "loinc" and each["unit_hint"]
}
"""The code that measures a concept in a unit, where mass and substance have their own."""

ICU: Resource = {
    "resourceType": "Location",
    "id": "icu",
    "type": [
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "ICU"}]}
    ],
}


@dataclass(frozen=True, slots=True)
class Result:
    """A value in its concept's own unit, so long after the stay began."""

    concept: str
    value: float
    after: timedelta


@dataclass(frozen=True, slots=True)
class Stay:
    """What a chart holds of a stay when it is asked, and the features that training gives it."""

    age: int
    began: datetime
    asked: datetime
    results: Sequence[Result]
    features: Floats


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Rows [n, features] read from charts, beside those of training."""

    predictor: Predictor
    found: Floats
    expected: Floats

    @property
    def differing(self) -> tuple[str, ...]:
        """The features that are not the same to the bit in all rows."""
        names = (each.name for each in require_model(self.predictor).features)
        columns = zip(names, self._unlike().T, strict=True)
        return tuple(name for name, unlike in columns if unlike.any())

    @property
    def same_gaps(self) -> bool:
        """Whether the same features are missing in each row."""
        return np.array_equal(np.isnan(self.found), np.isnan(self.expected))

    @property
    def told(self) -> str:
        """How many rows differ in anything, and their risk by how much."""
        rows = int(self._unlike().any(axis=1).sum())
        return f"{rows} of {len(self.found)} rows differ, risk by at most {self.risk_apart:.1e}"

    @property
    def risk_apart(self) -> float:
        """The most by which the risk of a row is another."""
        return float(np.abs(self._risks(self.found) - self._risks(self.expected)).max())

    def _unlike(self) -> Flags:
        same: Flags = self.found == self.expected
        return ~(same | (np.isnan(self.found) & np.isnan(self.expected)))

    def _risks(self, rows: Floats) -> Floats:
        folder = require_model(self.predictor).folder
        made = manifest.read((folder / MANIFEST).read_bytes())
        model = require_model(loaded(self.predictor, booster((folder / MODEL).read_text()), made))
        assert model.fitted is not None
        return logistic(model.fitted.totals(rows))


def read_back(
    service_id: str, stays: Iterable[Stay], *, told_in: Mapping[str, str], shuffled: bool
) -> ReadBack:
    """The features of each stay, as the service reads them where charts give those units."""
    service = services()[service_id]
    (predictor,) = filter(model_of, service.uses)
    stays = list(stays)
    found = [
        _features(stay, service, predictor, told_in=told_in, shuffled=shuffled) for stay in stays
    ]
    return ReadBack(predictor, np.array(found), np.array([stay.features for stay in stays]))


def _features(
    stay: Stay,
    service: Service,
    predictor: Predictor,
    *,
    told_in: Mapping[str, str],
    shuffled: bool,
) -> Floats:
    results = list(stay.results)
    if shuffled:
        results = [results[each] for each in np.random.default_rng(4).permutation(len(results))]
    sent = request(service, *_person(stay))
    sent["prefetch"] |= _answers(results, stay.began, told_in)
    asked, site = read_request(encode(sent)), Settings(demo=False)
    patient = opened(offered(service, site), asked, now=stay.asked).shown_to(service)
    facts = ((each.name, patient.read(each).value) for each in predictor.inputs)
    known: dict[str, Value] = {name: value for name, value in facts if value is not None}
    return require_model(predictor).row(known)


def _answers(
    results: Iterable[Result], began: datetime, told_in: Mapping[str, str]
) -> dict[str, Resource]:
    """The results as searches answer for them, by prefetch key."""
    by_key: dict[str, list[Resource]] = {}
    for each in results:
        key = concepts()[each.concept].cadence
        by_key.setdefault(key, []).append({"resource": _observation(each, began, told_in)})
    head = {"resourceType": "Bundle", "type": "searchset"}
    return {key: head | {"entry": entries} for key, entries in by_key.items()}


def _observation(result: Result, began: datetime, told_in: Mapping[str, str]) -> Resource:
    value, unit = _told(result, told_in)
    at = (began + result.after).isoformat()
    quantity = {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}
    return {
        "resourceType": "Observation",
        "id": f"{result.concept}-{result.after // timedelta(minutes=1)}-{result.value}",
        "status": "final",
        "code": {
            "coding": [
                {
                    "system": LOINC,
                    "code": OF_UNIT.get((result.concept, unit), CODES[result.concept]),
                }
            ]
        },
        "subject": SUBJECT,
        "effectiveDateTime": at,
        "valueQuantity": quantity,
    }


def _told(result: Result, told_in: Mapping[str, str]) -> tuple[float, str]:
    concept = concepts()[result.concept]
    unit = told_in.get(result.concept, concept.unit)
    if unit == concept.unit:
        return result.value, unit
    return float(f"{units.from_canonical(concept, result.value, unit):.7g}"), unit


def _person(stay: Stay) -> list[Resource]:
    """A patient of that age who has been in intensive care since the stay began."""
    began = stay.began.isoformat()
    return [
        {
            "resourceType": "Patient",
            "id": "p1",
            "gender": "male",
            "birthDate": f"{stay.began.year - stay.age}-01-01",
        },
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "in-progress",
            "class": {"code": "IMP"},
            "subject": SUBJECT,
            "period": {"start": began},
            "contained": [ICU],
            "location": [{"location": {"reference": "#icu"}, "period": {"start": began}}],
        },
    ]
