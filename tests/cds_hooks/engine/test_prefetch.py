"""Prefetch templates: grouped by cadence, each with a page of its own, overridable by the site."""

from collections.abc import Mapping

import pytest

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.prefetch import read
from cds_hooks.engine.prefetch_templates import COUNTS, HOURLY_COUNT
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.hooks import Context, HookRequest
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.protocol.prefetch import Fetched
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from fhir_adapters.record import Availability
from fhir_adapters.terminology.site import SiteMap
from tests.charts import ALL_LIVE, ask, patient, request, result

SERVICE = "lab-safety"


def _overridden(template: str) -> Settings:
    return Settings(services={SERVICE: ServiceSettings(prefetch={"acute-labs": template})})


@pytest.mark.parametrize("service", services().values(), ids=lambda each: each.id)
def test_each_key_has_a_count_of_its_own(service: Service) -> None:
    for key, template in offered(service, Settings()).templates.items():
        if key != "patient":
            count = int(template.rpartition("_count=")[2])
            assert count in {COUNTS[key], HOURLY_COUNT}


def test_two_thousand_vital_signs_leave_last_years_hba1c_in_the_prefetch() -> None:
    found = offered(services()["cardiovascular-risk"], Settings()).templates
    assert "8480-6" in found["vitals"]
    assert "4548-4" in found["slow-labs"]
    assert "4548-4" not in found["vitals"]


def test_what_a_fact_is_read_from_is_fetched_under_every_key_that_holds_it() -> None:
    found = offered(services()["early-warning"], Settings()).templates
    assert "82810-3" in found["slow-labs"]  # pregnancy status
    assert "conditions" in found


def test_the_sites_own_codes_are_asked_for_too() -> None:
    codes = {("urn:example", "K POC,1"): "potassium", ("urn:example", "KREA"): "creatinine"}
    found = offered(services()[SERVICE], Settings(site_map=SiteMap(codes=codes))).templates
    assert ",K%20POC%2C1," in found["acute-labs"]
    assert ",KREA" in found["renal-labs"]


def test_the_sites_template_replaces_the_derived_one_and_no_other() -> None:
    settings = _overridden("Observation?patient={{context.patientId}}&code=2823-3&_count=7")
    derived = offered(services()[SERVICE], Settings()).templates
    found = offered(services()[SERVICE], settings).templates
    assert found["acute-labs"].endswith("code=2823-3&_count=7")
    assert {**found, "acute-labs": ""} == {**derived, "acute-labs": ""}


def test_a_page_as_full_as_the_sites_count_is_possibly_truncated() -> None:
    full = [result("potassium", 4.1, f"2026-03-15T0{hour}:00:00Z") for hour in range(3)]
    entries = [{"resource": each} for each in full]
    page = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    template = "Observation?patient={{{{context.patientId}}}}&code=2823-3&_count={}"
    for count, truncated in ((3, True), (4, False)):
        settings = _overridden(template.format(count))
        answer = ask(SERVICE, patient(), settings=settings, acute_labs=page)
        told = answer.get("extension", {}).get("internal.cds-hooks-server.assessment", {})
        assert (told.get("incomplete") == {"acute-labs": "truncated"}) is truncated


@pytest.mark.parametrize("value", ["<html>502 Bad Gateway</html>", 7, True, ["Patient/p1"], ""])
def test_what_is_no_resource_counts_as_not_sent_and_is_fetched(value: object) -> None:
    service = services()["lab-safety"]
    sent = request(service, patient(), result("potassium", 6.7))
    chart = sent["prefetch"]["acute-labs"]
    sent["prefetch"]["acute-labs"] = value
    sent["prefetch"]["acute-labs-user"] = value
    lacked: list[bool] = []

    def fetch(asked: HookRequest[Context], _: Mapping[str, str]) -> Fetched:
        lacked.append("acute-labs" not in asked.prefetch)
        return Fetched({"acute-labs": encode(chart)})

    templates = offered(service, ALL_LIVE).templates
    asked = read_request(encode(sent), service.hook)
    reading = read(templates, asked, site=SiteMap(), fetch=fetch)
    assert lacked == [True]
    assert reading.record.measurements["potassium"][0].value == 6.7
    unfetched = read(templates, asked, site=SiteMap()).record
    assert unfetched.availability["acute-labs"] is Availability.ABSENT


def test_a_null_is_an_answer_and_an_error_is_sent() -> None:
    service = services()["lab-safety"]
    sent = request(service, patient())
    sent["prefetch"]["acute-labs"] = None
    sent["prefetch"]["medications"] = {"resourceType": "OperationOutcome", "issue": []}
    asked = read_request(encode(sent), service.hook)
    record = read(offered(service, ALL_LIVE).templates, asked, site=SiteMap()).record
    assert record.availability["acute-labs"] is Availability.ANSWERED
    assert record.availability["medications"] is Availability.UNAVAILABLE
