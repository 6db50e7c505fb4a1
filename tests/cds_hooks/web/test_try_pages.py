"""Try it without a script: a chart is opened, its cards are answered, and what is kept is shown."""

import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from cds_hooks.bundles.samples import samples
from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings, demo_settings
from cds_hooks.store.assessments import unpack
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.schema import calls, cards, feedback
from tests.cds_hooks.web.test_home import words
from tests.stores import recorder, served

LAB = {"sample": "lab-safety-fires", "service": "lab-safety"}


@pytest.fixture(scope="module")
def keeping() -> Recorder:
    return recorder()


@pytest.fixture(scope="module")
def client(keeping: Recorder) -> FlaskClient:
    return served(demo_settings(), keeping).test_client()


def summaries(html: str) -> list[tuple[str, str]]:
    """Indicator and summary of each card, as shown."""
    found = re.findall(
        r'<article class="card (\w+)".*?<h3 id="card-\d+">(.*?)</h3>', html, re.DOTALL
    )
    return [(indicator, summary) for indicator, summary in found]


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', html)
    assert found
    return found[1]


def sent(client: FlaskClient, content: bytes, service: str = "") -> TestResponse:
    """A file, in a body made here: the test client itself would write a long one to the disk."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="service"\r\n\r\n%b\r\n'
        b'--x\r\nContent-Disposition: form-data; name="bundle"; filename="chart.json"\r\n\r\n'
        b"%b\r\n--x--\r\n"
    ) % (service.encode(), content)
    return client.post("/try", data=body, content_type="multipart/form-data; boundary=x")


def test_the_cards_of_all_services_are_ranked_by_purpose_and_a_danger_comes_first(
    client: FlaskClient,
) -> None:
    html = client.post("/try", data={"sample": "patient-risks-fires"}).get_data(as_text=True)
    shown = summaries(html)
    first = ("Moderate hyperkalaemia", "Atrial fibrillation", "Metformin is contraindicated")
    assert all(summary.startswith(told) for (_, summary), told in zip(shown, first, strict=False))
    assert shown[-2][1].startswith("10-year ASCVD risk")
    assert shown[-1][1].startswith("Consider an SGLT2 inhibitor")
    assert len(shown) == 6
    quiet = [each for each in services().values() if f">{each.title}</a></dt>" in html]
    assert f"{len(quiet)} services showed no card, and why" in words(html)
    assert "Sepsis risk Intensive care stay: no active record" in words(html)


def test_one_service_can_be_called_by_itself(client: FlaskClient) -> None:
    told = words(client.post("/try", data=LAB).get_data(as_text=True))
    assert "POST /cds-services/lab-safety" in told
    assert "POST /cds-services/kidney-risk" not in told


DISCHARGE = {"sample": "discharge-readmission-fires", "service": "discharge-readmission"}


def test_a_service_of_another_hook_is_offered_with_its_samples_and_called_by_its_hook(
    client: FlaskClient,
) -> None:
    offered = client.get("/try").get_data(as_text=True)
    assert '<option value="discharge-readmission"' in offered
    assert 'value="discharge-readmission-fires"' in offered
    told = words(client.post("/try", data=DISCHARGE).get_data(as_text=True))
    assert '"hook": "encounter-discharge"' in told
    assert '"encounterId": "visit-1"' in told
    assert "Plan a follow-up visit within 7 days" in told


NO_VISIT = "the Bundle holds no Encounter, which this hook is about"


def test_a_service_whose_hook_the_chart_cannot_fill_is_said_not_to_be_called(
    client: FlaskClient,
) -> None:
    without = {"sample": "synthea-healthy-man-24"}
    answer = client.post("/try", data=without)
    assert answer.status_code == 200
    told = words(answer.get_data(as_text=True))
    assert f"Readmission risk at discharge not called: {NO_VISIT}" in told
    assert "POST /cds-services/af-stroke-risk" in told
    assert "POST /cds-services/discharge-readmission" not in told
    alone = client.post("/try", data=without | {"service": "discharge-readmission"})
    assert alone.status_code == 400
    assert NO_VISIT in words(alone.get_data(as_text=True))


STORIES = [
    (sample, service)
    for service in services()
    for sample in samples()
    if re.match(f"{service}-(fires|near-miss)", sample)
]


@pytest.mark.parametrize(("sample", "service"), STORIES)
def test_in_the_demo_too_a_sample_tells_its_story(
    client: FlaskClient, sample: str, service: str
) -> None:
    told = client.post("/try", data={"sample": sample, "service": service})
    assert bool(summaries(told.get_data(as_text=True))) == ("fires" in sample)


def test_the_cards_are_recorded_as_an_ehrs_are(client: FlaskClient, keeping: Recorder) -> None:
    html = client.post("/try", data=LAB).get_data(as_text=True)
    with keeping.store.reading() as connection:
        kept = set(connection.scalars(select(cards.c.uuid)))
    assert hidden(html, "card") in kept


def kept_inputs(keeping: Recorder) -> list[object]:
    with keeping.store.reading() as connection:
        kept = [unpack(each or b"") for each in connection.scalars(select(calls.c.assessments))]
    parts = [e.parts for each in kept for one in each.assessments for e in one.predictions]
    return [fact for each in kept for fact in each.facts] + [each for each in parts if each]


def test_no_value_of_a_chart_that_a_person_sends_is_recorded() -> None:
    keeping = recorder()
    client = served(demo_settings(), keeping).test_client()
    sample = samples()["kidney-risk-fires"]
    assert sent(client, sample.read_bytes(), "kidney-risk").status_code == 200
    with keeping.store.reading() as connection:
        assert connection.execute(select(cards)).all()
    assert kept_inputs(keeping) == []
    client.post("/try", data={"sample": sample.stem, "service": "kidney-risk"})
    assert kept_inputs(keeping)


def test_what_was_read_altered_and_dropped_is_told(client: FlaskClient) -> None:
    sample = {"sample": "lab-safety-unknown", "service": "lab-safety"}
    told = words(client.post("/try", data=sample).get_data(as_text=True))
    assert "converted from 6.5 mmol/L" in told
    assert re.search(r"Not used \d+ ", told)
    assert "status: " in told


def test_a_detail_is_a_table_and_no_markup_of_the_record(client: FlaskClient) -> None:
    sample = {"sample": "af-stroke-risk-fires", "service": "af-stroke-risk"}
    html = client.post("/try", data=sample).get_data(as_text=True)
    assert '<th scope="col">Points</th>' in html
    assert "style=" not in html


def test_a_suggestion_shows_the_resource_that_would_be_written(client: FlaskClient) -> None:
    told = words(client.post("/try", data=LAB).get_data(as_text=True))
    assert "Accept: Request a 12-lead ECG now" in told
    assert '"resourceType": "ServiceRequest"' in told


def test_a_card_is_accepted_without_a_script_and_read_back(
    client: FlaskClient, keeping: Recorder
) -> None:
    html = client.post("/try", data=LAB).get_data(as_text=True)
    card, suggestion = hidden(html, "card"), hidden(html, "suggestion")
    form = {"service": "lab-safety", "card": card, "outcome": "accepted", "suggestion": suggestion}
    answer = client.post("/try/feedback", data=form, follow_redirects=True)
    told = words(answer.get_data(as_text=True))
    assert "Stored: accepted." in told
    assert "which this server issued" in told
    with keeping.store.reading() as connection:
        (row,) = connection.execute(select(feedback).where(feedback.c.card_uuid == card))
    assert (row.outcome, row.mismatch, json.loads(row.suggestions)) == (
        "accepted",
        False,
        [suggestion],
    )


def test_a_card_is_overridden_with_a_reason_of_the_standard(client: FlaskClient) -> None:
    html = client.post("/try", data=LAB).get_data(as_text=True)
    form = {
        "service": "lab-safety",
        "card": hidden(html, "card"),
        "outcome": "overridden",
        "reason": "patient-contraindication",
        "comment": "on dialysis <today>",
    }
    answer = client.post("/try/feedback", data=form, follow_redirects=True)
    told = words(answer.get_data(as_text=True))
    assert "Stored: overridden. Contraindicated." in told
    assert "“on dialysis <today>”" in told


def test_an_override_without_a_reason_is_refused_on_a_page(client: FlaskClient) -> None:
    form = {"service": "lab-safety", "card": "x", "outcome": "accepted"}
    answer = client.post("/try/feedback", data=form)
    assert answer.status_code == 400
    assert "<h1>400</h1>" in answer.get_data(as_text=True)


def test_a_chart_of_ones_own_is_opened_and_written_nowhere(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a file was written")

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", fail)
    padded = samples()["lab-safety-fires"].read_bytes() + b" " * 700_000
    html = sent(client, padded, service="lab-safety").get_data(as_text=True)
    assert summaries(html)[0][0] == "critical"
    assert "chart.json" in html


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "not a FHIR Bundle in JSON"),
        (b'{"resourceType": "Patient"}', "not a FHIR Bundle in JSON"),
        (b'{"resourceType": "Bundle"}', "the Bundle holds no Patient with an id"),
        (
            b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", '
            b'"id": "a"}}, {"resource": {"resourceType": "Patient", "id": "b"}}]}',
            "the Bundle holds more than one Patient",
        ),
    ],
)
def test_a_file_that_is_no_chart_is_refused_and_says_why(
    client: FlaskClient, content: bytes, why: str
) -> None:
    answer = sent(client, content)
    assert answer.status_code == 400
    assert f"This file cannot be opened as a chart: {why}" in words(answer.get_data(as_text=True))


def test_a_file_that_is_too_large_is_refused(client: FlaskClient) -> None:
    answer = sent(client, b" " * 5_000_001)
    assert answer.status_code == 413
    assert "larger than 5 MB" in answer.get_data(as_text=True)


def test_a_sample_or_service_that_is_not_there_is_404(client: FlaskClient) -> None:
    assert client.post("/try", data={"sample": "nobody"}).status_code == 404
    assert client.post("/try", data=LAB | {"service": "none"}).status_code == 404


def test_a_service_that_runs_silently_says_so() -> None:
    silent = {"lab-safety": ServiceSettings(mode="silent")}
    client = served(Settings(demo=True, services=silent)).test_client()
    told = words(client.post("/try", data=LAB).get_data(as_text=True))
    assert "this site lets it compute and record, and shows no card" in told


def test_another_sites_page_cannot_open_a_chart(client: FlaskClient) -> None:
    answer = client.post("/try", data=LAB, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/try", "/try/feedback"])
def test_in_production_there_is_nothing_to_try(path: str) -> None:
    client = served(Settings()).test_client()
    assert client.get(path).status_code == 404
    assert client.post(path, data=LAB).status_code == 404
