"""What an EHR did not send is fetched from its FHIR server, none of whose faults spreads."""

import json
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

import msgspec
import pytest
import structlog
from msgspec.structs import replace
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.fhir_client.fetch import Fetcher
from cds_hooks.fhir_client.response import JSONResponse, NotFetched, Reason
from cds_hooks.protocol.errors import BadRequest, PreconditionFailed
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.clients import FhirServer
from cds_hooks.settings.fetch import FetchSettings, Policy
from cds_hooks.settings.settings import Settings
from tests import fhir_server
from tests.charts import ALL_LIVE, NOW, Resource, at_risk, patient, request, result
from tests.fhir_server import FAULTS, PAGING, WAITING, Chart, Fault, serving
from tests.ssrf import spellings

EARLIER = "2026-03-15T00:30:00Z"
TOKEN = "a-token-of-the-tests"
SERVICE = "lab-safety"
PATIENT = "Patient/p1"
CHART = [patient(), result("potassium", 6.9), *at_risk()]
PATIENTLY = FetchSettings(deadline_ms=20_000)
"""For what is expected to work: a busy machine is no fault."""

EXTENSION = "internal.cds-hooks-server.assessment"
AUTHORIZATION = {
    "access_token": TOKEN,
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "cds-service",
    "patient": "p1",
}


def fetcher(chosen: FetchSettings = PATIENTLY) -> Fetcher:
    return Fetcher(chosen)


def server(chart: Chart, **changes: Any) -> FhirServer:
    made: dict[str, Any] = {"base": chart.base, "private": True, "plain_http": True}
    return FhirServer(**(made | changes))


def sent(chart: Chart, service: str = SERVICE, **changes: Any) -> Resource:
    """A request without any prefetch, with a token for the chart's server."""
    whole = request(services()[service], *CHART) | {"prefetch": {}}
    return whole | {"fhirServer": chart.base, "fhirAuthorization": AUTHORIZATION} | changes


def answer(
    chart: Chart,
    asked: Resource,
    *,
    service: str = SERVICE,
    settings: Settings = ALL_LIVE,
    fetching: Fetcher | None = None,
    known: FhirServer | None = None,
) -> Resource:
    """The decoded answer, of a client with that one server."""
    fetch = (fetching or fetcher()).for_call((known or server(chart),), began=monotonic())
    made = respond(
        offered(services()[service], settings), read_request(encode(asked)), now=NOW, fetch=fetch
    )
    decoded: Resource = msgspec.json.decode(encode(made.response))
    return decoded


def incomplete(answered: Resource) -> Mapping[str, str]:
    told: Mapping[str, str] = answered.get("extension", {}).get(EXTENSION, {}).get("incomplete", {})
    return told


def unfetched(answered: Resource) -> Mapping[str, str]:
    told: Mapping[str, str] = answered.get("extension", {}).get(EXTENSION, {}).get("notFetched", {})
    return told


def summaries(answered: Resource) -> list[str]:
    return [card["summary"] for card in answered["cards"]]


def given(service: str = SERVICE) -> dict[str, Any]:
    """Everything that the service's templates ask for, as an EHR sends it."""
    prefetch: dict[str, Any] = request(services()[service], *CHART)["prefetch"]
    return prefetch


def kinds(chart: Chart) -> list[str]:
    """The resource types that were asked for."""
    return sorted(path.removeprefix("/fhir/").partition("?")[0] for path in chart.asked)


def when_down(path: str) -> Fault:
    """A server that knows the Patient and fails in all else."""
    return fhir_server.well if "Patient/" in path else fhir_server.status(500)


def test_req_022_034_060_what_is_not_sent_is_fetched_and_gives_the_same_cards() -> None:
    with serving(CHART) as chart:
        fetched = answer(chart, sent(chart))
        prefetched = answer(chart, sent(chart, prefetch=given()))
    assert summaries(fetched) == summaries(prefetched) != []
    assert incomplete(fetched) == {}


def test_req_061_every_request_shows_the_token() -> None:
    with serving([*CHART, result("potassium", 4.1, EARLIER)], page=1) as chart:
        answer(chart, sent(chart))
        shown = {each.get("Authorization") for each in chart.headers}
    assert len(chart.headers) > len(given())
    assert shown == {f"Bearer {TOKEN}"}


def test_req_028_and_032_only_what_is_not_sent_is_asked_for() -> None:
    prefetch = given()
    del prefetch["acute-labs"]
    with serving(CHART) as chart:
        answered = answer(chart, sent(chart, prefetch=prefetch))
    assert kinds(chart) == ["Observation"]
    assert summaries(answered)


def test_req_053_a_null_is_an_answer_and_not_asked_again() -> None:
    with serving(CHART) as chart:
        answered = answer(chart, sent(chart, prefetch=given() | {"acute-labs": None}))
    assert chart.asked == []
    assert incomplete(answered) == {}


def test_req_050_and_052_an_operation_outcome_is_not_asked_again() -> None:
    prefetch = given() | {"acute-labs": fhir_server.OUTCOME}
    with serving(CHART) as chart:
        answered = answer(chart, sent(chart, prefetch=prefetch))
    assert chart.asked == []
    assert incomplete(answered) == {"acute-labs": "unavailable"}


def test_req_048_and_std_20_the_further_pages_of_what_was_sent_are_fetched() -> None:
    held = [patient(), *(result("sodium", 140, f"2026-03-15T{h:02}:00:00Z") for h in range(9))]
    with serving([*held, result("potassium", 6.9, EARLIER)], page=3) as chart:
        page = json.loads(chart.answered("/fhir/Observation?patient=p1"))
        asked = sent(chart, prefetch=given() | {"acute-labs": page})
        whole = answer(chart, asked)
        cut = answer(chart, asked, fetching=fetcher(replace(PATIENTLY, most_pages=2)))
    assert [text for text in summaries(whole) if "otassium" in text]
    assert incomplete(whole) == {}
    assert incomplete(cut) == {"acute-labs": "truncated"}


def test_pages_are_followed_to_the_last_which_says_that_it_is_all() -> None:
    held = [patient(), *(result("sodium", 140, f"2026-03-15T{h:02}:00:00Z") for h in range(9))]
    with serving([*held, result("potassium", 6.9, EARLIER)], page=3) as chart:
        answered = answer(chart, sent(chart))
    assert [text for text in summaries(answered) if "otassium" in text]
    assert incomplete(answered) == {}


@pytest.mark.parametrize("paging", PAGING.values(), ids=PAGING)
def test_pages_beyond_the_bound_or_elsewhere_are_told_of_as_truncated(paging: Fault) -> None:
    def fault(path: str) -> Fault:
        return fhir_server.well if "Patient/" in path else paging

    with serving(CHART, fault, by_path=True) as chart:
        answered = answer(chart, sent(chart))
        asked = [path for path in chart.asked if "page=" in path]
    assert set(incomplete(answered).values()) == {"truncated"}
    assert summaries(answered)
    assert len(asked) <= PATIENTLY.most_pages * len(given())


FAULTY = sorted(FAULTS)


def until_it_ends(fault: str) -> Fetcher:
    """Where the server waits or drips, it does so for longer than a test may run."""
    return fetcher(FetchSettings(deadline_ms=400) if fault in WAITING else PATIENTLY)


@pytest.mark.parametrize("fault", FAULTY)
def test_a_fault_of_the_server_costs_its_own_keys_and_nothing_else(fault: str) -> None:
    prefetch = given()
    del prefetch["renal-labs"]
    with serving(CHART, FAULTS[fault]) as chart:
        asked = sent(chart, prefetch=prefetch)
        answered = answer(chart, asked, fetching=until_it_ends(fault))
    assert incomplete(answered) == {"renal-labs": "unavailable"}
    assert [text for text in summaries(answered) if "otassium" in text]


@pytest.mark.parametrize("fault", FAULTY)
def test_req_054_and_std_19_what_is_required_and_cannot_be_fetched_is_412(fault: str) -> None:
    with serving(CHART, FAULTS[fault]) as chart, pytest.raises(PreconditionFailed) as refused:
        answer(chart, sent(chart), fetching=until_it_ends(fault))
    assert refused.value.expression == "prefetch.patient"
    assert TOKEN not in str(refused.value.problems)


@pytest.mark.parametrize(
    ("policy", "told"), [("omit", "absent"), ("operation_outcome", "unavailable")]
)
def test_the_site_says_what_becomes_of_a_key_that_cannot_be_fetched(
    policy: Policy, told: str
) -> None:
    prefetch = given()
    del prefetch["acute-labs"]
    with serving(CHART, when_down, by_path=True) as chart:
        chosen = replace(PATIENTLY, keys={"acute-labs": policy})
        answered = answer(chart, sent(chart, prefetch=prefetch), fetching=fetcher(chosen))
    assert incomplete(answered) == {"acute-labs": told}


def test_the_site_may_refuse_a_call_for_a_key_that_cannot_be_fetched() -> None:
    with serving(CHART, when_down, by_path=True) as chart:
        chosen = replace(PATIENTLY, keys={"acute-labs": "fail"})
        with pytest.raises(PreconditionFailed) as refused:
            answer(chart, sent(chart), fetching=fetcher(chosen))
    assert refused.value.expression == "prefetch.acute-labs"
    assert refused.value.diagnostics == "not fetched: status 500"


def test_a_service_that_gathers_others_asks_for_each_key_once() -> None:
    service = "patient-risks"
    with serving(CHART) as chart:
        answer(chart, sent(chart, service), service=service)
    assert len(chart.asked) == len(set(chart.asked)) == len(given(service))


NOT_BEARER = "no usable token: token_type must be Bearer"
EXPIRED = "no usable token: expires_in says that it has expired"
NO_HEADER = "no usable token: access_token holds a character that no header may"
NOT_GRANTED = "the scope does not grant read of Patient"


def unauthorized() -> Iterator[tuple[str, Any, str]]:
    changes: dict[str, tuple[dict[str, Any], str]] = {
        "no token type": ({"token_type": ...}, NOT_BEARER),
        "another token type": ({"token_type": "mac"}, NOT_BEARER),
        "expired": ({"expires_in": 0}, EXPIRED),
        "expired before": ({"expires_in": -5}, EXPIRED),
        "a token of two lines": ({"access_token": "a\r\nX-Evil: 1"}, NO_HEADER),
        "a token that is no ASCII": ({"access_token": "tokén"}, NO_HEADER),
        "no scope for it": ({"scope": "patient/Encounter.read"}, NOT_GRANTED),
        "only to write": ({"scope": "patient/*.write"}, NOT_GRANTED),
        "only to write, version 2": ({"scope": "patient/*.cud"}, NOT_GRANTED),
    }
    for name, (change, why) in changes.items():
        whole = AUTHORIZATION | change
        yield name, {key: value for key, value in whole.items() if value is not ...}, why


REFUSED = {name: (authorization, why) for name, authorization, why in unauthorized()}


def not_fetched(chart: Chart, asked: Resource) -> str:
    """Why the call is refused for a key that it needs."""
    with pytest.raises(PreconditionFailed) as refused:
        answer(chart, asked)
    return refused.value.diagnostics


@pytest.mark.parametrize(("authorization", "why"), REFUSED.values(), ids=REFUSED)
def test_nothing_is_asked_without_a_token_that_allows_it_and_the_refusal_says_so(
    authorization: Any, why: str
) -> None:
    with serving(CHART) as chart:
        told = not_fetched(chart, sent(chart, fhirAuthorization=authorization))
        assert (told, chart.asked) == (f"not fetched: {why}", [])


def test_nothing_is_asked_without_authorization_which_is_no_fault_to_log() -> None:
    with serving(CHART) as chart, capture_logs() as logs:
        asked = sent(chart)
        del asked["fhirAuthorization"]
        assert not_fetched(chart, asked) == "not fetched: fhirAuthorization was not sent"
        del asked["fhirServer"]
        assert not_fetched(chart, asked) == ""
        assert (chart.asked, logs) == ([], [])


def test_nothing_is_asked_of_a_server_that_is_not_the_clients() -> None:
    with serving(CHART) as chart, serving(CHART) as other:
        told = not_fetched(chart, sent(other))
        assert told == "not fetched: fhirServer is not registered for this client"
        assert chart.asked == other.asked == []


def test_an_answer_says_of_each_key_why_it_was_not_fetched() -> None:
    prefetch = given()
    del prefetch["acute-labs"], prefetch["conditions"]
    granted = {"scope": "patient/Observation.read", "token_type": "bearer"}
    with serving(CHART, fhir_server.status(403)) as chart:
        some = answer(
            chart,
            sent(chart, prefetch=prefetch, fhirAuthorization=AUTHORIZATION | granted),
        )
        none = answer(
            chart,
            sent(chart, prefetch=prefetch, fhirAuthorization={"access_token": TOKEN}),
        )
    assert unfetched(some) == {
        "acute-labs": "status 403",
        "conditions": "the scope does not grant search of Condition",
    }
    assert unfetched(none) == dict.fromkeys(("acute-labs", "conditions"), NOT_BEARER)
    assert TOKEN not in repr((some, none))


def test_nothing_is_said_of_fetching_where_everything_was_sent() -> None:
    with serving(CHART) as chart, capture_logs() as logs:
        asked = sent(chart, prefetch=given(), fhirAuthorization={"access_token": TOKEN})
        assert unfetched(answer(chart, asked)) == {}
    assert logs == []


def test_nothing_is_asked_for_another_patients_token() -> None:
    with serving(CHART) as chart:
        authorization = AUTHORIZATION | {"patient": "p2"}
        with pytest.raises(BadRequest):
            answer(chart, sent(chart, fhirAuthorization=authorization))
        assert chart.asked == []


def test_a_server_that_answers_with_another_patient_is_not_believed() -> None:
    stranger = patient(id="p2")

    def fault(path: str) -> Fault:
        if "Patient/" in path:
            return lambda exchange: exchange.answer(200, json.dumps(stranger).encode())
        return fhir_server.well

    with serving(CHART, fault, by_path=True) as chart, pytest.raises(BadRequest):
        answer(chart, sent(chart))


def test_what_the_scopes_do_not_grant_is_absent_and_never_a_no() -> None:
    scope = "patient/Patient.r patient/Observation.rs?category=laboratory"
    authorization = AUTHORIZATION | {"scope": scope}
    with serving(CHART) as chart:
        told = incomplete(answer(chart, sent(chart, fhirAuthorization=authorization)))
    assert set(kinds(chart)) == {"Observation", PATIENT}
    assert told["conditions"] == "absent"
    assert told["acute-labs"] == "truncated"


class Script:
    """Answers requests one after the other, and counts them."""

    def __init__(self, *outcomes: bytes | NotFetched) -> None:
        self.outcomes = list(outcomes)
        self.asked: list[str] = []

    def __call__(self, url: str, server: FhirServer, **_: Any) -> JSONResponse:
        self.asked.append(url)
        structlog.get_logger().warning("library")
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, NotFetched):
            raise outcome
        return JSONResponse(outcome, {})


def scripted(*outcomes: bytes | NotFetched, asks: int = 1, **chosen: Any) -> Script:
    """What is asked for the Patient in so many calls of the server that answers like this."""
    script = Script(*outcomes)
    fetching = Fetcher(replace(PATIENTLY, **chosen), get=script)
    known = FhirServer(base="https://ehr.example/fhir")
    whole = request(services()[SERVICE], *CHART) | {"prefetch": given()}
    del whole["prefetch"]["patient"]
    whole |= {"fhirServer": known.base, "fhirAuthorization": AUTHORIZATION}
    for _ in range(asks):
        fetch = fetching.for_call((known,), began=monotonic())
        fetch(read_request(encode(whole)), {"patient": "Patient/{{context.patientId}}"})
    return script


FOUND = encode(patient())
RETRIED = [NotFetched("unreachable"), NotFetched("status", status=503)]
NOT_RETRIED: tuple[Reason, ...] = ("late", "broken", "not json", "too long", "address")


@pytest.mark.parametrize("error", RETRIED, ids=str)
def test_what_was_not_begun_is_tried_once_more_and_no_more(error: NotFetched) -> None:
    assert len(scripted(error, FOUND).asked) == 2
    assert len(scripted(error, error, FOUND).asked) == 2


@pytest.mark.parametrize(
    "error",
    [*map(NotFetched, NOT_RETRIED), NotFetched("status", status=500)],
    ids=lambda error: f"{error} {error.status}",
)
def test_what_may_have_been_begun_is_not_tried_again(error: NotFetched) -> None:
    assert len(scripted(error, FOUND).asked) == 1


def test_a_server_that_keeps_failing_is_left_alone() -> None:
    down = NotFetched("late")
    assert len(scripted(*[down] * 9, asks=9, failures=3).asked) == 3


def test_a_server_that_refuses_a_token_works() -> None:
    refusing = NotFetched("status", status=403)
    assert len(scripted(*[refusing] * 9, asks=9, failures=3).asked) == 9


def test_a_server_is_tried_again_after_its_rest() -> None:
    down = NotFetched("late")
    assert len(scripted(*[down] * 9, asks=9, failures=3, rest_seconds=1e-9).asked) == 9


def test_what_is_logged_of_and_in_a_fetch_is_known_as_the_calls() -> None:
    with bound_contextvars(correlation="c"), capture_logs([merge_contextvars]) as logs:
        scripted(NotFetched("late"))
    assert [(each["event"], each["correlation"]) for each in logs] == [
        ("library", "c"),
        ("unfetched", "c"),
    ]


def test_the_token_is_in_no_representation() -> None:
    whole = request(services()[SERVICE], *CHART)
    whole |= {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": AUTHORIZATION}
    read = read_request(encode(whole))
    authorization = read.fhir_authorization
    assert not isinstance(authorization, msgspec.UnsetType)
    token = authorization.access_token
    shown = f"{read} {authorization!r} {token} {token!r} {token!s} {[token]} {vars(type(read))!r}"
    assert TOKEN not in shown
    assert "Bearer " + token == f"Bearer {TOKEN}"


def corpus(chart: Chart, other: Chart) -> list[str]:
    mine, theirs = (int(each.base.split(":")[2].partition("/")[0]) for each in (chart, other))
    return [url for url in spellings("localhost", mine, theirs) if url]


def test_no_spelling_of_the_server_leads_anywhere() -> None:
    with serving(CHART) as chart, serving(CHART) as other:
        asked = read_request(encode(sent(chart)))
        fetch = fetcher().for_call((server(chart),), began=monotonic())
        for url in corpus(chart, other):
            assert fetch(replace(asked, fhir_server=url), TEMPLATES).values == {}, url
        assert chart.asked == other.asked == []


def test_no_spelling_of_a_next_page_leads_anywhere() -> None:
    with serving(CHART) as chart, serving(CHART) as other:
        asked = read_request(encode(sent(chart)))
        fetch = fetcher().for_call((server(chart),), began=monotonic())
        for url in corpus(chart, other):
            page = {"resourceType": "Bundle", "link": [{"relation": "next", "url": url}]}
            fetch(replace(asked, prefetch={"patient": msgspec.Raw(encode(page))}), TEMPLATES)
        assert chart.asked == other.asked == []


TEMPLATES = {"patient": "Patient/{{context.patientId}}"}
INJECTIONS = (
    "Practitioner/../../admin",
    "Practitioner/1?_include=*",
    "Practitioner/1&x=y",
    "//x/y",
)


@pytest.mark.parametrize("user", INJECTIONS)
def test_no_id_of_the_context_reaches_another_path_or_parameter(user: str) -> None:
    templates = {"user": "{{context.userId}}", "search": "Practitioner?_id={{userPractitionerId}}"}
    with serving(CHART) as chart:
        asked = sent(chart)
        asked["context"]["userId"] = user
        fetcher().for_call((server(chart),), began=monotonic())(
            read_request(encode(asked)), templates
        )
        assert chart.asked == []
