from datetime import UTC, datetime
from typing import Any

import pytest

from cds_hooks.training.retrospect import as_of
from tests.charts import SUBJECT, patient, problem, result

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, AFTER = "2026-03-01T11:59:00Z", "2026-03-01T12:01:00Z"


def then(resource: dict[str, Any]) -> dict[str, Any] | None:
    return next(as_of([resource], THEN, zone=UTC), None)


def stay(**fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "subject": SUBJECT,
        "period": {"start": BEFORE, "end": AFTER},
        "hospitalization": {
            "admitSource": {"text": "emergency"},
            "dischargeDisposition": {"text": "died"},
        },
        "diagnosis": [{"condition": {"reference": "Condition/c1"}}],
    } | fields


def test_what_happened_later_was_not_there() -> None:
    assert then(result("lactate", 2, BEFORE)) is not None
    assert then(result("lactate", 2, AFTER)) is None


def test_a_result_is_there_since_it_was_issued() -> None:
    assert then(result("lactate", 2, BEFORE, issued=AFTER)) is None
    assert then(result("lactate", 2, BEFORE, issued=BEFORE)) is not None


def test_a_diagnosis_is_there_since_it_was_recorded() -> None:
    assert then(problem("91302008", recordedDate=AFTER)) is None
    assert then(problem("91302008", recordedDate="2026-03-01")) is not None


def test_what_has_no_date_was_there() -> None:
    assert then({"resourceType": "Condition", "id": "c"}) is not None


@pytest.mark.parametrize("died", [{"deceasedBoolean": True}, {"deceasedDateTime": AFTER}])
def test_who_died_later_was_alive(died: dict[str, Any]) -> None:
    assert then(patient(**died)) == patient()


def test_who_had_died_had_died() -> None:
    assert then(patient(deceasedDateTime=BEFORE)) == patient(deceasedDateTime=BEFORE)


def test_a_stay_that_went_on_had_no_end() -> None:
    assert then(stay()) == {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "subject": SUBJECT,
        "period": {"start": BEFORE},
        "hospitalization": {"admitSource": {"text": "emergency"}},
    }


def test_a_stay_that_was_over_is_as_it_is() -> None:
    over = stay(period={"start": "2026-02-01", "end": BEFORE})
    assert then(over) == over


def test_a_stay_that_began_later_was_not_there() -> None:
    assert then(stay(period={"start": AFTER})) is None


@pytest.mark.parametrize(
    "odd", [{"period": "long"}, {"period": {"start": "soon"}}, {"hospitalization": []}], ids=str
)
def test_a_malformed_date_or_period_is_left_to_the_reader(odd: dict[str, Any]) -> None:
    assert then(stay(**odd)) is not None
