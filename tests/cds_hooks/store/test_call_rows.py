import dataclasses
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.call_rows import records
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.schema import Batch, metadata
from predictors.catalogue import predictors
from predictors.predictor import OneOf
from tests.cds_hooks.store.calls import answer, call, decoded
from tests.charts import (
    ALL_LIVE,
    ATRIAL_FIBRILLATION,
    DIABETES,
    HYPERTENSION,
    Resource,
    at_risk,
    patient,
    problem,
    result,
)

KEYS = Keys((b"the secret of the tests",))
KEEPING = StoreSettings()


def left(*, settings: StoreSettings = KEEPING, keys: Keys = KEYS, **asked: Any) -> Batch:
    resources = asked.pop("resources", ())
    return records(answer(*resources, **asked), call(), settings=settings, keys=keys)


def smoker(pressure: float) -> tuple[Resource, ...]:
    return (patient(), result("sbp", pressure), *at_risk()[1:])


def test_every_row_has_the_columns_of_its_table() -> None:
    for name, rows in left().items():
        for row in rows:
            assert set(row) == set(metadata.tables[name].columns.keys())


def test_a_call_leaves_its_cards_as_they_were_sent() -> None:
    answered = answer()
    batch = records(answered, call(), settings=KEEPING, keys=KEYS)
    (card,) = answered.response.cards
    (row,) = batch["cards"]
    assert row["uuid"] == card.uuid
    assert row["indicator"] == "critical"
    assert row["topic"] == "LabSafetyPotassium"
    assert row["shown"] is True
    assert row["withheld_reason"] is None
    assert card.suggestions
    assert [each["uuid"] for each in batch["suggestions"]] == [s.uuid for s in card.suggestions]


def test_a_card_itself_is_kept_where_the_site_wants_it() -> None:
    (row,) = left()["cards"]
    assert row["content"] is None
    (row,) = left(settings=StoreSettings(card_content=True))["cards"]
    assert decoded(str(row["content"]))["uuid"] == row["uuid"]


def test_what_a_silent_service_made_is_kept_as_withheld() -> None:
    silent = replace(ALL_LIVE, services={"lab-safety": ServiceSettings(mode="silent")})
    batch = left()
    withheld = records(answer(settings=silent), call(), settings=KEEPING, keys=KEYS)
    (row,) = withheld["cards"]
    assert (row["shown"], row["withheld_reason"]) == (False, "silent")
    assert row["uuid"] == batch["cards"][0]["uuid"]
    assert {each["mode"] for each in withheld["assessments"]} == {"silent"}
    assert decoded(str(withheld["audit_events"][0]["detail"]))["shown"] == 0


def test_a_card_names_the_assessments_that_it_may_rest_on() -> None:
    batch = left(resources=(patient(), *at_risk()), service="cardiovascular-risk")
    (card,) = batch["cards"]
    assert decoded(str(card["assessments"])) == [row["id"] for row in batch["assessments"]]
    assert {row["predictor"] for row in batch["assessments"]} == {"prevent", "prevent-30-years"}


def test_of_gathered_services_each_card_names_its_own_assessments() -> None:
    chart = (patient(), *at_risk(), *map(problem, (ATRIAL_FIBRILLATION, HYPERTENSION, DIABETES)))
    batch = left(resources=chart, service="patient-risks")
    made_by = {row["id"]: row["service"] for row in batch["assessments"]}
    named = {
        str(row["topic"]): {made_by[each] for each in decoded(str(row["assessments"]))}
        for row in batch["cards"]
    }
    assert named["CardiovascularRisk"] == {"cardiovascular-risk"}
    assert named["AfStrokeRisk"] == {"af-stroke-risk"}
    assert {row["service"] for row in batch["cards"]} == {"patient-risks"}
    assert len(set(made_by.values())) > 3


def test_a_refusal_is_kept_with_its_reasons() -> None:
    batch = left(resources=(patient(), result("sbp", 150)), service="cardiovascular-risk")
    (row,) = (row for row in batch["assessments"] if row["predictor"] == "prevent")
    assert row["risk"] is None
    reasons = decoded(str(row["reasons"]))
    assert ("hdl", "missing") in {(each["input"], each["problem"]) for each in reasons}


def test_that_a_call_was_made_is_kept_under_its_correlation_id() -> None:
    (event,) = left()["audit_events"]
    assert (event["id"], event["event"], event["service"]) == ("call-1", "call", "lab-safety")
    assert decoded(str(event["detail"])) == {"shown": 1, "withheld": 0, "mode": "live"}


def test_ids_of_patient_user_encounter_and_resources_are_kept_keyed() -> None:
    batch = left(resources=(patient(), result("potassium", 6.9, id="SECRET-result")))
    (card,) = batch["cards"]
    assert card["patient_id"] == KEYS.of("patient", "p1", client="demo")
    text = msgspec.json.encode(batch)
    assert b"SECRET" not in text
    assert b"1964-01" not in text


def test_a_site_may_keep_ids_as_they_are() -> None:
    (card,) = left(keys=Keys(KEYS.secrets, plain=True))["cards"]
    assert card["patient_id"] == "p1"
    assert card["user_id"] == "Practitioner/SECRET-user"


def test_a_repeated_call_has_the_same_cards_and_assessments_and_is_an_event_of_its_own() -> None:
    first, again = (
        records(answer(), call(id), settings=KEEPING, keys=KEYS) for id in ("first", "again")
    )
    assert [row["uuid"] for row in first["cards"]] == [row["uuid"] for row in again["cards"]]
    assert [row["id"] for row in first["assessments"]] == [
        row["id"] for row in again["assessments"]
    ]
    assert first["audit_events"] != again["audit_events"]


def test_another_chart_in_the_same_hook_instance_leaves_another_assessment() -> None:
    ids = {
        str(row["id"])
        for pressure in (150, 151)
        for row in left(resources=smoker(pressure), service="cardiovascular-risk")["assessments"]
        if row["predictor"] == "prevent"
    }
    assert len(ids) == 2


@pytest.mark.parametrize("keeping", ["hashed", "none"])
def test_a_site_may_keep_no_inputs(keeping: Any) -> None:
    settings = StoreSettings(inputs=keeping)
    batch = left(resources=smoker(150), service="cardiovascular-risk", settings=settings)
    row = batch["assessments"][0]
    assert row["inputs"] is None
    assert row["contributions"] is None
    assert (row["inputs_digest"] is not None) is (keeping == "hashed")
    assert row["risk"] is not None
    assert "note" not in decoded(str(row["predictions"]))[0]


def test_without_inputs_no_reason_gives_one_away() -> None:
    asked: Any = {"resources": smoker(287), "service": "cardiovascular-risk"}
    kept = decoded(str(left(**asked)["assessments"][0]["reasons"]))
    assert "287" in kept[0]["text"]
    without = left(settings=StoreSettings(inputs="none"), **asked)["assessments"][0]
    assert decoded(str(without["reasons"])) == [{"input": "sbp", "problem": "out-of-range"}]


def test_the_digest_of_inputs_is_the_same_for_the_same_inputs_only() -> None:
    def digest(pressure: float) -> str:
        settings = StoreSettings(inputs="hashed")
        chart = smoker(pressure)
        batch = left(resources=chart, service="cardiovascular-risk", settings=settings)
        return str(batch["assessments"][0]["inputs_digest"])

    assert digest(150) == digest(150) != digest(151)


def given_again(inputs: dict[str, Any]) -> dict[str, Any]:
    """The facts of kept inputs, as a predictor takes them."""
    facts = {name: kept["given"] for name, kept in inputs.items() if "given" in kept}
    facts |= {n: OneOf(tuple(k["alternatives"])) for n, k in inputs.items() if "alternatives" in k}
    series = {name: value for name, value in facts.items() if isinstance(value, list)}
    return facts | {name: tuple(map(tuple, value)) for name, value in series.items()}


def test_what_is_kept_computes_the_same_predictions_again() -> None:
    chart = (
        patient(),
        *at_risk(),
        problem(ATRIAL_FIBRILLATION),
        *(result("creatinine", 1.4, f"202{year}-03-01T08:00:00Z") for year in range(1, 6)),
        result("uacr", 90),
        result("ast", 60),
        result("alt", 40),
        result("platelets", 180),
        problem(DIABETES),
    )
    batch = left(resources=chart, service="patient-risks")
    known = predictors()
    again = 0
    for row in batch["assessments"]:
        if row["risk"] is None:
            continue
        predictor = known[str(row["predictor"])]
        assert row["version"] == predictor.version
        made = predictor.assess(given_again(decoded(str(row["inputs"])))).predictions
        kept = decoded(str(row["predictions"]))
        assert [each.value for each in made] == [each["value"] for each in kept]
        assert [each.high for each in made] == [each["high"] for each in kept]
        parts = decoded(str(row["contributions"]))[made[0].outcome]["parts"]
        assert parts == {part.input: part.amount for part in made[0].contributions}
        again += 1
    assert again > 6


def test_inputs_are_kept_with_their_units_times_and_conversions() -> None:
    converted = result("creatinine", 88)
    converted["valueQuantity"] |= {"unit": "umol/L", "code": "umol/L"}
    batch = left(
        resources=(patient(), *at_risk()[:4], converted, at_risk()[5]),
        service="cardiovascular-risk",
    )
    inputs = decoded(str(batch["assessments"][0]["inputs"]))
    assert inputs["sbp"]["given"] == 150
    assert inputs["sbp"]["unit"] == "mm[Hg]"
    assert inputs["sbp"]["basis"][0]["when"][0] == "2026-03-15T08:00:00Z"
    assert "88 umol/L" in msgspec.json.encode(inputs).decode()
    assert "converted" in msgspec.json.encode(inputs).decode()


def test_every_service_leaves_rows_of_every_sample_that_can_be_written() -> None:
    for service in services():
        text = msgspec.json.encode(left(resources=(patient(), *at_risk()), service=service))
        assert msgspec.json.decode(text)["audit_events"]


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_what_no_json_can_hold_is_kept_as_none(number: float) -> None:
    answered = answer()
    (made,) = answered.issued
    changed = dataclasses.replace(answered, issued=(dataclasses.replace(made, over=number),))
    assert records(changed, call(), settings=KEEPING, keys=KEYS)["cards"][0]["over"] is None
