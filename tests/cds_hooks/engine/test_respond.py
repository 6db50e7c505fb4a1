"""The straight line: who gets cards, what identifies them, what is said where there are none."""

import gc
import weakref
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.extension import EXTENSION
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.errors import BadRequest, NotFound, PreconditionFailed
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings, demo_settings
from tests.charts import (
    ALL_LIVE,
    APIXABAN,
    ATRIAL_FIBRILLATION,
    DIABETES,
    HEART_FAILURE,
    HYPERTENSION,
    NOW,
    ask,
    at_risk,
    order,
    patient,
    problem,
    request,
    result,
    shipped,
    visit_for,
)

FIBRILLATING = (patient(), problem(ATRIAL_FIBRILLATION), problem(HYPERTENSION), problem(DIABETES))


def _reasons(answer: dict[str, Any]) -> list[str]:
    return [reason["text"] for reason in answer["extension"][EXTENSION]["notAssessed"]]


def test_a_retry_gets_the_same_answer_word_for_word() -> None:
    assert ask("af-stroke-risk", *FIBRILLATING) == ask("af-stroke-risk", *FIBRILLATING)


def test_a_retry_at_a_later_time_gets_the_same_answer() -> None:
    later = ask("af-stroke-risk", *FIBRILLATING, now=NOW + timedelta(minutes=5))
    assert later == ask("af-stroke-risk", *FIBRILLATING)


def test_changed_data_get_another_uuid() -> None:
    before = ask("af-stroke-risk", *FIBRILLATING)["cards"][0]
    after = ask("af-stroke-risk", *FIBRILLATING, problem(HEART_FAILURE))["cards"][0]
    assert before["uuid"] != after["uuid"]
    assert before["suggestions"][0]["uuid"] != after["suggestions"][0]["uuid"]


def test_std_26_cards_and_suggestions_have_uuids_of_their_own() -> None:
    cards = ask("lab-safety", patient(), result("potassium", 6.4), result("sodium", 117))["cards"]
    uuids = [card["uuid"] for card in cards]
    uuids += [each["uuid"] for card in cards for each in card["suggestions"]]
    assert len(uuids) == len(set(uuids)) == 5


def test_std_30_every_card_offers_override_reasons_with_a_display() -> None:
    (card,) = ask("af-stroke-risk", *FIBRILLATING)["cards"]
    assert all(reason["display"] for reason in card["overrideReasons"])


def test_cards_come_most_urgent_first() -> None:
    answer = ask(
        "lab-safety",
        patient(),
        result("potassium", 6.4),
        result("creatinine", 2.9),
        result("creatinine", 1.2, "2026-03-13T08:00:00Z"),
    )
    assert [card["indicator"] for card in answer["cards"]] == ["critical", "warning"]


@pytest.mark.parametrize("fields", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-01-01"}])
def test_the_deceased_get_no_cards(fields: dict[str, Any]) -> None:
    answer = ask("lab-safety", patient(**fields), result("potassium", 6.4))
    assert answer["cards"] == []
    assert _reasons(answer) == ["the patient is deceased"]


def test_children_get_no_cards_from_scores_for_adults() -> None:
    answer = ask("af-stroke-risk", patient(birthDate="2015-01-01"), *FIBRILLATING[1:])
    assert answer["cards"] == []
    assert _reasons(answer) == ["this service is for ages 18 to 130"]


def test_trap_5_a_prefetched_patient_who_is_not_the_contexts_is_refused() -> None:
    with pytest.raises(BadRequest) as refusal:
        ask("lab-safety", patient(), patient=patient(id="p2"))
    assert refusal.value.expression == "prefetch.patient"


def test_std_19_a_required_key_that_is_absent_is_a_412_naming_it() -> None:
    with pytest.raises(PreconditionFailed) as refusal:
        ask("af-stroke-risk", *FIBRILLATING, conditions=...)
    assert refusal.value.expression == "prefetch.conditions"


def test_std_17_a_required_key_in_error_is_a_412_naming_it() -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "timeout"}],
    }
    with pytest.raises(PreconditionFailed) as refusal:
        ask("af-stroke-risk", *FIBRILLATING, conditions=outcome)
    assert refusal.value.expression == "prefetch.conditions"


def test_std_17_a_required_key_that_is_null_was_answered_and_is_no_412() -> None:
    answer = ask("af-stroke-risk", *FIBRILLATING, conditions=None)
    assert answer["cards"] == []
    assert _reasons(answer) == ["Atrial fibrillation/flutter: no active record"]


def test_std_14_data_that_do_not_answer_the_template_leave_the_key_unanswered() -> None:
    answer = ask("lab-safety", patient(), acute_labs="<html>service unavailable</html>")
    assert answer["extension"][EXTENSION]["incomplete"] == {"acute-labs": "absent"}
    answer = ask("lab-safety", patient(), acute_labs={"resourceType": "Bundle", "entry": 7})
    assert answer["extension"][EXTENSION]["incomplete"] == {"acute-labs": "unavailable"}


def test_std_18_an_operation_outcome_with_a_warning_is_an_empty_result() -> None:
    warning = {"severity": "warning", "code": "not-found"}
    outcome = {"resourceType": "OperationOutcome", "issue": [warning]}
    entry = {"resource": outcome, "search": {"mode": "outcome"}}
    empty = {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": [entry]}
    assert ask("lab-safety", patient(), acute_labs=empty) == ask("lab-safety", patient())


def test_std_20_a_page_with_a_next_link_is_incomplete_and_never_means_none() -> None:
    link = [{"relation": "next", "url": "https://ehr.example/fhir/MedicationRequest?page=2"}]
    page = {"resourceType": "Bundle", "type": "searchset", "link": link}
    answer = ask("af-stroke-risk", *FIBRILLATING, medications=page)
    assert answer["extension"][EXTENSION]["incomplete"] == {"medications": "truncated"}
    assert answer["cards"][0]["summary"].endswith("anticoagulation unclear")


def test_a_token_for_another_patient_is_refused() -> None:
    authorization = {"access_token": "t", "patient": "p2"}
    sent = request(services()["lab-safety"], patient())
    sent |= {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": authorization}
    with pytest.raises(BadRequest) as refusal:
        respond(offered(services()["lab-safety"], Settings()), read_request(encode(sent)), now=NOW)
    assert refusal.value.expression == "fhirAuthorization.patient"


def test_a_key_the_service_can_do_without_leaves_the_rest_assessed_and_is_said() -> None:
    answer = ask("af-stroke-risk", *FIBRILLATING, medications=...)
    assert answer["extension"][EXTENSION]["incomplete"] == {"medications": "absent"}
    (card,) = answer["cards"]
    assert card["indicator"] == "info"
    assert "suggestions" not in card


def test_one_info_card_where_a_result_was_expected_but_not_safe_to_compute() -> None:
    resources = [each for each in at_risk() if each["id"][:3] != "hdl"]
    answer = ask("cardiovascular-risk", patient(), *resources)
    (card,) = answer["cards"]
    assert card["indicator"] == "info"
    assert "not assessed (HDL cholesterol)" in card["summary"]


def test_no_info_card_where_nothing_was_measured() -> None:
    answer = ask("cardiovascular-risk", patient())
    assert answer["cards"] == []
    assert answer["extension"][EXTENSION]["notAssessed"]


def test_what_was_not_used_is_named_with_its_reason() -> None:
    erroneous = result("potassium", 6.4, status="entered-in-error")
    told = ask("lab-safety", patient(), erroneous)["extension"][EXTENSION]
    assert told["notUsed"] == {"status": 1}
    assert told["notUsedBecause"][0]["reference"] == f"Observation/{erroneous['id']}"
    assert "entered-in-error" in told["notUsedBecause"][0]["reason"]


def test_a_service_that_is_off_is_not_there() -> None:
    settings = Settings(services={"lab-safety": ServiceSettings(mode="off")})
    with pytest.raises(NotFound):
        ask("lab-safety", patient(), settings=settings)


def test_a_silent_service_answers_without_showing_anything() -> None:
    settings = Settings(services={"lab-safety": ServiceSettings(mode="silent")})
    assert ask("lab-safety", patient(), result("potassium", 6.4), settings=settings) == {
        "cards": []
    }


def test_the_demo_assesses_at_the_newest_datum_and_says_so() -> None:
    old = (patient(), result("potassium", 6.4, "2019-06-01T08:00:00Z"))
    assert ask("lab-safety", *old)["cards"] == []
    (card,) = ask("lab-safety", *old, settings=demo_settings())["cards"]
    assert "assessed as of 2019-06-01" in card["detail"]


def test_thresholds_are_the_sites_choice() -> None:
    settings = Settings(
        services={"lab-safety": ServiceSettings(thresholds={"potassium-moderate": 6.5})}
    )
    assert ask("lab-safety", patient(), result("potassium", 6.4), settings=settings)["cards"] == []


def test_every_action_is_a_whole_r4_resource_about_this_patient() -> None:
    kept = {
        "lab-safety": (
            patient(),
            result("potassium", 6.4),
            result("creatinine", 2.9),
            result("creatinine", 1.2, "2026-03-13T08:00:00Z"),
        ),
        "af-stroke-risk": FIBRILLATING,
        "cardiovascular-risk": (patient(), *at_risk()),
    }
    for service, resources in kept.items():
        for card in ask(service, *resources)["cards"]:
            for suggestion in card["suggestions"]:
                (action,) = suggestion["actions"]
                resource = action["resource"]
                get_fhir_model_class(resource["resourceType"]).model_validate(resource)
                assert resource["subject"] == {"reference": "Patient/p1"}


def test_a_suggestion_names_the_condition_that_it_is_for() -> None:
    (card,) = ask("af-stroke-risk", *FIBRILLATING)["cards"]
    resource = card["suggestions"][0]["actions"][0]["resource"]
    assert resource["reasonReference"] == [{"reference": f"Condition/c{ATRIAL_FIBRILLATION}"}]
    assert (resource["status"], resource["intent"]) == ("draft", "proposal")


def test_no_card_when_the_suggested_treatment_is_in_place() -> None:
    assert ask("af-stroke-risk", *FIBRILLATING, order(APIXABAN))["cards"] == []


def test_every_service_answers_an_empty_chart_without_a_card() -> None:
    for service in services().values():
        assert ask(service.id, patient(), *visit_for(service))["cards"] == []


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nothing is freed but what nobody refers to any more."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("service", services())
def test_no_chart_survives_its_answer(service: str) -> None:
    charts = []
    for chart in (FIBRILLATING, (patient(),), (patient(), *at_risk())):
        asked = services()[service]
        sent = read_request(encode(request(asked, *chart, *visit_for(asked))), asked.hook)
        known = offered(asked, ALL_LIVE)
        answer = respond(known, sent, now=NOW, models=shipped())
        charts.append(weakref.ref(answer.chart))
        assert answer.response.cards is not None
        del answer
    assert [chart() for chart in charts] == [None] * len(charts)
