import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.hooks import (
    HOOK_VERSION,
    VERSION,
    DiscoveredService,
    Discovery,
    FHIRAuthorization,
    HookRequest,
    InvalidDiscovery,
    PatientViewContext,
)
from cds_hooks.protocol.json import encode
from cds_hooks.settings.settings import Settings
from tests.beside import examples
from tests.cds_hooks.protocol.wire_rules import received

SERVICE: dict[str, Any] = {"hook": "patient-view", "id": "stroke-risk", "description": "Scores."}


def test_req_006_discovery_is_an_object_with_an_array_of_services() -> None:
    sent = received(encode(Discovery((DiscoveredService(**SERVICE),))))
    assert [each["id"] for each in sent["services"]] == ["stroke-risk"]


def test_std_05_no_service_is_an_empty_array() -> None:
    assert encode(Discovery(())) == b'{"services":[]}'


@pytest.mark.parametrize("missing", ["hook", "id", "description"])
def test_req_007_009_and_010_a_service_has_hook_id_and_description(missing: str) -> None:
    assert set(SERVICE) <= set(received(encode(DiscoveredService(**SERVICE))))
    with pytest.raises(TypeError):
        DiscoveredService(**{name: SERVICE[name] for name in SERVICE if name != missing})


def test_req_008_011_and_012_title_prefetch_and_usage_requirements_are_announced() -> None:
    further: dict[str, Any] = {
        "title": "Stroke risk",
        "usage_requirements": "A problem list.",
        "prefetch": {"patient": "Patient/{{context.patientId}}"},
    }
    sent = received(encode(DiscoveredService(**SERVICE, **further)))
    assert sent["title"] == "Stroke risk"
    assert sent["usageRequirements"] == "A problem list."
    assert sent["prefetch"] == {"patient": "Patient/{{context.patientId}}"}


def test_std_06_what_is_optional_and_not_given_is_left_out() -> None:
    sent = received(encode(DiscoveredService(**SERVICE)))
    assert set(sent) == {"hook", "id", "description", "version"}


def test_std_07_the_version_is_that_of_the_specification() -> None:
    assert received(encode(DiscoveredService(**SERVICE)))["version"] == VERSION == "2.0.1"


@pytest.mark.parametrize("service", services().values(), ids=lambda each: each.id)
def test_the_published_version_of_the_hook_is_announced_with_it(service: Service) -> None:
    announced = received(encode(offered(service, Settings()).announced))
    assert (announced["hook"], announced["hookVersion"]) == (service.hook, HOOK_VERSION)
    assert HOOK_VERSION == "1.0"


def test_a_2_0_client_finds_every_member_that_it_knows_unchanged() -> None:
    plain = DiscoveredService(**SERVICE)
    versioned = received(encode(replace(plain, hook_version=HOOK_VERSION)))
    assert {name: versioned[name] for name in received(encode(plain))} == received(encode(plain))


@pytest.mark.parametrize("id", ["a/b", "", "a b", "a?b", "å"])
def test_std_08_a_services_id_fits_into_its_url(id: str) -> None:
    with pytest.raises(InvalidDiscovery):
        DiscoveredService(**SERVICE | {"id": id})


@pytest.mark.parametrize(
    "nothing", [{"title": ""}, {"description": " "}, {"prefetch": {}}, {"prefetch": {"k": ""}}]
)
def test_req_003_nothing_empty_is_announced(nothing: dict[str, Any]) -> None:
    with pytest.raises(InvalidDiscovery):
        DiscoveredService(**SERVICE | nothing)


def test_the_constructor_strips_the_type_from_ids_as_decoding_does() -> None:
    context = PatientViewContext(patient_id="Patient/123", encounter_id="Encounter/4")
    assert (context.patient_id, context.encounter_id) == ("123", "4")


def test_std_21_the_access_token_is_in_no_representation() -> None:
    authorization = FHIRAuthorization(access_token="SECRET", subject="client")
    request = HookRequest(
        hook="patient-view",
        hook_instance=UUID("4e0a3a1e-3283-4575-ab82-028d55fe2719"),
        context=PatientViewContext(patient_id="1"),
        fhir_server="https://ehr.example/fhir",
        fhir_authorization=authorization,
    )
    assert authorization.access_token == "SECRET"
    for shown in (authorization, request, [request], authorization.__rich_repr__()):
        assert "SECRET" not in repr(shown)
        assert "SECRET" not in str(shown)


def test_the_specifications_own_discoveries_are_read() -> None:
    paths = examples("*-discovery.json")
    assert len(paths) >= 4
    for path in paths:
        sent = json.loads(path.read_bytes())["services"]
        read = json.loads(encode(msgspec.json.decode(path.read_bytes(), type=Discovery)))
        assert [each["id"] for each in read["services"]] == [each["id"] for each in sent]
        assert [each.get("prefetch") for each in read["services"]] == [
            each.get("prefetch") for each in sent
        ]
