"""Draft orders for tests of the rules on orders, and what the service says of them."""

from typing import Any

from tests.charts import ATC, CODES, LOINC, SUBJECT, TODAY, Resource, ask, order

CODES.setdefault("weight", ("29463-7", "kg"))
CODES.setdefault("qtc", ("8636-3", "ms"))
HGNC = "http://www.genenames.org"


def draft(atc: str, name: str, dosage: str = "", *, id: str = "d1", **fields: Any) -> Resource:
    """An order of a drug that is being written."""
    drug = {"coding": [{"system": ATC, "code": atc, "display": name}], "text": name}
    made = order(atc, status="draft", id=id, medicationCodeableConcept=drug, **fields)
    return made | ({"dosageInstruction": [{"text": dosage}]} if dosage else {})


def laboratory_answer(code: str, answer: str, at: str = TODAY, **fields: Any) -> Resource:
    """A final Observation that answers with a LOINC answer code."""
    return {
        "resourceType": "Observation",
        "id": f"o{code}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": SUBJECT,
        "effectiveDateTime": at,
        "valueCodeableConcept": {"coding": [{"system": LOINC, "code": answer}]},
    } | fields


def genotype(gene: str, text: str, at: str = TODAY, **fields: Any) -> Resource:
    """A genotype as the Genomics Reporting guide has it: the gene in a component."""
    studied = {"coding": [{"system": HGNC, "display": gene}]}
    return {
        "resourceType": "Observation",
        "id": f"g-{gene}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "84413-4"}]},
        "subject": SUBJECT,
        "effectiveDateTime": at,
        "valueCodeableConcept": {"text": text},
        "component": [
            {
                "code": {"coding": [{"system": LOINC, "code": "48018-6"}]},
                "valueCodeableConcept": studied,
            }
        ],
    } | fields


def cards(*resources: Resource, **how: Any) -> list[Resource]:
    """The cards of medication-safety at signing."""
    found: list[Resource] = ask("medication-safety", *resources, **how)["cards"]
    return found


def told(*resources: Resource, **how: Any) -> list[tuple[str, str]]:
    """Of each card its indicator and its summary."""
    return [(each["indicator"], each["summary"]) for each in cards(*resources, **how)]
