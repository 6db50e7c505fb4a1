"""What tests of a discharge share: the stay, and orders for after it."""

from tests.cds_hooks.clinical.orders.drafting import draft
from tests.charts import SUBJECT, Resource

BEGAN = "2026-03-10T08:00:00Z"
STAY: Resource = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "in-progress",
    "class": {"code": "IMP"},
    "subject": SUBJECT,
    "period": {"start": BEGAN},
}
CATEGORY = "http://terminology.hl7.org/CodeSystem/medicationrequest-category"


def for_discharge(atc: str, name: str, dosage: str = "", *, id: str = "after") -> Resource:
    """An active order of a drug for after the discharge."""
    made = draft(atc, name, dosage, id=id, authoredOn="2026-03-15")
    return made | {"status": "active", "category": [{"coding": [{"code": "discharge"}]}]}
