"""Small charts for tests: resources as an EHR sends them, and what a service answers to them."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from cds_hooks.bundles import ehr
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.hooks import CONTEXTS
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from predictors import model_folder
from predictors.catalogue import tree_models
from tests.predictors.pinned import pinned

Resource = dict[str, Any]

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
TODAY = "2026-03-15T08:00:00Z"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
INSTANCE = "5fe6c09c-ddd6-4c34-9c2b-7d3d3b8c8a33"
SUBJECT = {"reference": "Patient/p1"}
_LIVE = ServiceSettings(mode="live", thresholds={"deadline-seconds": 60.0})
ALL_LIVE = Settings(services=dict.fromkeys(services(), _LIVE))
"""Every service shows its cards, those too that are off by default; a busy machine is not late."""

CODES = {
    "sbp": ("8480-6", "mm[Hg]"),
    "dbp": ("8462-4", "mm[Hg]"),
    "chol_total": ("2093-3", "mg/dL"),
    "hdl": ("2085-9", "mg/dL"),
    "ldl": ("13457-7", "mg/dL"),
    "bmi": ("39156-5", "kg/m2"),
    "creatinine": ("2160-0", "mg/dL"),
    "uacr": ("9318-7", "mg/g"),
    "egfr": ("98979-8", "mL/min/{1.73_m2}"),
    "ast": ("1920-8", "U/L"),
    "alt": ("1742-6", "U/L"),
    "platelets": ("777-3", "10*9/L"),
    "potassium": ("2823-3", "mmol/L"),
    "sodium": ("2951-2", "mmol/L"),
    "glucose": ("2345-7", "mg/dL"),
    "glucose_fasting": ("1558-6", "mg/dL"),
    "hemoglobin": ("718-7", "g/dL"),
    "hba1c": ("4548-4", "%"),
    "heart_rate": ("8867-4", "/min"),
    "resp_rate": ("9279-1", "/min"),
    "spo2": ("59408-5", "%"),
    "o2_flow": ("3151-8", "L/min"),
    "temperature": ("8310-5", "Cel"),
    "lactate": ("2524-7", "mmol/L"),
    "crp": ("1988-5", "mg/L"),
    "wbc": ("6690-2", "10*9/L"),
    "inr": ("6301-6", "{INR}"),
    "neutrophils_abs": ("751-8", "10*9/L"),
    "ph": ("2744-1", "[pH]"),
    "calcium": ("17861-6", "mg/dL"),
    "calcium_corrected": ("29265-6", "mmol/L"),
    "calcium_ionised": ("1995-0", "mmol/L"),
    "magnesium": ("19123-9", "mg/dL"),
    "phosphate": ("2777-1", "mg/dL"),
    "troponin_i": ("89579-7", "ng/L"),
    "troponin_t": ("67151-1", "ng/L"),
    "gcs_total": ("9269-2", "{score}"),
    "peep": ("76248-4", "cm[H2O]"),
}
ATRIAL_FIBRILLATION = "49436004"
HYPERTENSION = "38341003"
DIABETES = "44054006"
HEART_FAILURE = "84114007"
INFARCTION = "22298006"
APIXABAN, ATORVASTATIN, IBUPROFEN, METFORMIN = "B01AF02", "C10AA05", "M01AE01", "A10BA02"


@cache
def shipped() -> Models:
    """The package's own models; their trial in a child process is left out."""
    known = model_folder.pins()
    return Models({name: pinned(each) for name, each in tree_models().items() if name in known})


def patient(**fields: Any) -> Resource:
    """A man of 62, unless told otherwise."""
    made = {"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1964-01-10"}
    return {name: value for name, value in (made | fields).items() if value is not None}


def result(concept: str, value: float, at: str = TODAY, **fields: Any) -> Resource:
    """A final result of a concept in its canonical unit."""
    code, unit = CODES[concept]
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return {
        "resourceType": "Observation",
        "id": f"{concept}-{at}".replace(":", "-"),
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": SUBJECT,
        "effectiveDateTime": at,
        "valueQuantity": quantity,
    } | fields


def answered(question: str, code: str, at: str = TODAY, *, system: str = LOINC) -> Resource:
    """A final Observation that answers with a SNOMED CT code."""
    return {
        "resourceType": "Observation",
        "id": f"{question}-{at}".replace(":", "-"),
        "status": "final",
        "code": {"coding": [{"system": system, "code": question}]},
        "subject": SUBJECT,
        "effectiveDateTime": at,
        "valueCodeableConcept": {"coding": [{"system": SNOMED, "code": code}]},
    }


def smoking(code: str, at: str = TODAY) -> Resource:
    """A tobacco smoking status."""
    return answered("72166-2", code, at)


def problem(code: str, **fields: Any) -> Resource:
    """An active, confirmed problem."""
    return {
        "resourceType": "Condition",
        "id": f"c{code}",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [{"system": SNOMED, "code": code}]},
        "subject": SUBJECT,
        "onsetDateTime": "2020-05-01",
    } | fields


def order(atc: str, **fields: Any) -> Resource:
    """An active order of a drug, written this year."""
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{atc}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": ATC, "code": atc}]},
        "subject": SUBJECT,
        "authoredOn": "2026-01-05",
    } | fields


def at_risk() -> list[Resource]:
    """What PREVENT needs of a smoker at high risk, without a statin."""
    return [
        result("sbp", 150),
        result("chol_total", 236),
        result("hdl", 38),
        result("bmi", 28),
        result("creatinine", 1.0),
        smoking("449868002"),
    ]


def visit_for(service: Service, id: str = "e1") -> tuple[Resource, ...]:
    """The visit without which the service's hook cannot be about this patient; often none."""
    if not CONTEXTS[service.hook].encounter_is_required():
        return ()
    visit = {"resourceType": "Encounter", "id": id, "status": "in-progress"}
    return (visit | {"class": {"code": "AMB"}, "subject": SUBJECT, "period": {"start": TODAY}},)


def request(service: Service, *resources: Resource, settings: Settings | None = None) -> Resource:
    """The hook request of an EHR whose chart holds these resources."""
    entries = [{"resource": each} for each in resources]
    bundle = encode({"resourceType": "Bundle", "type": "collection", "entry": entries})
    described = msgspec.to_builtins(offered(service, settings or ALL_LIVE).announced)
    return ehr.hook_request(ehr.resources(bundle), described, hook_instance=INSTANCE)


def ask(
    service_id: str,
    *resources: Resource,
    settings: Settings | None = None,
    now: datetime = NOW,
    selections: list[str] | None = None,
    **prefetch: Any,
) -> Resource:
    """A service's decoded answer about these resources; `prefetch` replaces what a key holds.

    `selections` are the selected ones of the chart's drafts, all of them unless given. A key
    replaced by `...` is left out; "-" in a key is written "_".
    """
    service, settings = services()[service_id], settings or ALL_LIVE
    sent = request(service, *resources, settings=settings)
    if selections is not None:
        sent["context"]["selections"] = selections
    for name, value in prefetch.items():
        sent["prefetch"][name.replace("_", "-")] = value
    sent["prefetch"] = {key: value for key, value in sent["prefetch"].items() if value is not ...}
    asked = read_request(encode(sent), service.hook)
    answer = respond(offered(service, settings), asked, now=now, models=shipped())
    decoded: Resource = msgspec.json.decode(encode(answer.response))
    return decoded
