"""Nothing is called but what is registered, however it is spelled, and nothing is waited for."""

import json
import socket
import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
from msgspec.structs import replace

from cds_hooks.fhir_client.http import get, put
from cds_hooks.fhir_client.response import JSONResponse, NotFetched
from cds_hooks.settings.clients import FhirServer
from tests import fhir_server
from tests.authority import Authority
from tests.charts import patient, result
from tests.fhir_server import FAULTS, STATUSES, WAITING, Chart, serving
from tests.ssrf import spellings

CHART = [patient(), result("potassium", 4.1)]
LONG = 60.0
"""Seconds for what is expected to work: a busy machine is no fault."""

_CONNECTED: list[tuple[object, ...]] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _CONNECTED.append(tuple(arguments[1]))


sys.addaudithook(_note)


@contextmanager
def connections() -> Iterator[list[tuple[object, ...]]]:
    """The addresses that anything in this process connects to meanwhile."""
    _CONNECTED.clear()
    yield _CONNECTED


def at(chart: Chart, **changes: Any) -> FhirServer:
    made: dict[str, Any] = {"base": chart.base, "private": True, "plain_http": True}
    return FhirServer(**(made | changes))


def fetched(url: str, server: FhirServer, *, wait: float = LONG, **more: Any) -> JSONResponse:
    asked: dict[str, Any] = {"headers": {}, "most_bytes": 5_000_000} | more
    return get(url, server, until=monotonic() + wait, **asked)


def refused(url: str, server: FhirServer, **more: Any) -> NotFetched:
    with pytest.raises(NotFetched) as error:
        fetched(url, server, **more)
    return error.value


def outcome(url: str, server: FhirServer, **more: Any) -> str:
    """Why there is no answer; "" if there is one."""
    try:
        fetched(url, server, **more)
    except NotFetched as error:
        return error.reason
    return ""


def port_of(chart: Chart) -> int:
    return int(chart.base.rpartition(":")[2].partition("/")[0])


def test_what_is_registered_is_fetched() -> None:
    with serving(CHART) as chart, connections() as connected:
        got = fetched(f"{chart.base}/Patient/p1", at(chart))
    assert json.loads(got.body) == patient()
    assert got.headers["content-type"] == fhir_server.FHIR
    assert {each[1] for each in connected} == {port_of(chart)}


@pytest.mark.parametrize(
    "spelled",
    ["HTTP://LocalHost:{}/fhir/Patient/p1", "http://localhost:{}/fhir/Patient/p1/"],
)
def test_what_every_reader_takes_alike_may_be_spelled_otherwise(spelled: str) -> None:
    with serving(CHART) as chart:
        assert fetched(spelled.format(port_of(chart)), at(chart)).body
        assert chart.asked == ["/fhir/Patient/p1"]


def test_no_spelling_leads_to_what_is_not_registered(record_property: Any) -> None:
    with serving(CHART) as chart, serving(CHART) as other, connections() as connected:
        corpus = list(dict.fromkeys(spellings("localhost", port_of(chart), port_of(other))))
        passed = [url for url in corpus if outcome(url, at(chart)) != "not registered"]
        record_property("spellings that are refused", len(corpus))
    assert len(corpus) >= 300
    assert passed == []
    assert connected == []


def test_the_corpus_would_be_noticed_if_it_got_through() -> None:
    with serving(CHART) as chart, connections() as connected:
        socket.create_connection(("127.0.0.1", port_of(chart))).close()
    assert connected == [("127.0.0.1", port_of(chart))]


def test_where_a_library_reads_a_url_otherwise_it_is_not_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def elsewhere(url: str) -> str:
        return url.replace("localhost", "127.0.0.1")

    monkeypatch.setattr("requests.models.requote_uri", elsewhere)
    with serving(CHART) as chart, connections() as connected:
        assert refused(f"{chart.base}/Patient/p1", at(chart)).reason == "not registered"
    assert connected == []


def test_http_is_refused_where_it_is_not_registered() -> None:
    server = FhirServer(base="https://localhost/fhir", private=True)
    for url in ("http://localhost/fhir/Patient/p1", "http://localhost:443/fhir/Patient/p1"):
        assert refused(url, server).reason == "not registered"


FORBIDDEN = (
    *("127.0.0.1", "10.0.0.7", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.1", "::1"),
    *("169.254.1.1", "fe80::1", "fc00::1", "224.0.0.1", "255.255.255.255", "ff02::1", "::"),
    *("::ffff:10.0.0.7", "64:ff9b::a00:7", "2002:a00:7::", "::10.0.0.7", "192.0.2.1", "fe80::1%lo"),
)
METADATA = ("169.254.169.254", "fd00:ec2::254", "168.63.129.16", "100.100.100.200")
PUBLIC = "93.184.216.34"


@pytest.mark.parametrize("address", [*FORBIDDEN, *METADATA])
def test_a_name_that_resolves_to_an_inner_address_is_not_called(address: str) -> None:
    server = FhirServer(base="https://ehr.example/fhir")
    for found in ([address], [PUBLIC, address]):
        with connections() as connected:
            error = refused(f"{server.base}/Patient/p1", server, resolve=lambda _, f=found: f)
        assert error.reason == "address"
        assert connected == []


@pytest.mark.parametrize("address", [*METADATA, "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"])
def test_metadata_are_refused_even_where_private_addresses_are_registered(address: str) -> None:
    server = FhirServer(base="https://ehr.example/fhir", private=True)
    with connections() as connected:
        error = refused(f"{server.base}/Patient/p1", server, resolve=lambda _: [address])
    assert error.reason == "address"
    assert connected == []


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to() -> None:
    asked: list[str] = []

    def rebinding(host: str) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with serving(CHART) as chart, connections() as connected:
        fetched(f"{chart.base}/Patient/p1", at(chart), resolve=rebinding)
    assert asked == ["localhost"]
    assert connected == [("127.0.0.1", port_of(chart))]


def test_an_address_that_does_not_answer_leaves_time_for_the_next() -> None:
    with serving(CHART) as chart:
        got = fetched(
            f"{chart.base}/Patient/p1",
            at(chart),
            resolve=lambda _: ["::1", "127.0.0.1"],
        )
    assert got.body


def test_a_name_without_an_address_or_a_port_without_a_listener_is_unreachable() -> None:
    def unknown(_: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    server = FhirServer(base="https://ehr.example/fhir")
    assert refused(f"{server.base}/Patient/p1", server, resolve=unknown).reason == "unreachable"
    with serving(CHART) as chart:
        gone = at(chart)
    error = refused(f"{gone.base}/Patient/p1", gone)
    assert error.reason == "unreachable"
    assert error.again


def test_a_name_server_that_hangs_does_not_hold_the_call() -> None:
    over = Event()
    server = FhirServer(base="https://ehr.example/fhir")
    error = refused(
        f"{server.base}/Patient/p1", server, wait=0.1, resolve=lambda _: [str(over.wait(20))]
    )
    over.set()
    assert error.reason == "late"


REASONS = {
    "late": WAITING,
    "broken": {"truncate", "reset", "garbage", "packed otherwise"},
    "not json": {"html", "wrong type", "xml", "other encoding"},
    "too long": {"gzip bomb", "too long"},
    "status": {"redirect", *map(str, STATUSES)},
}
EXPECTED = [(name, reason) for reason, names in REASONS.items() for name in sorted(names)]


@pytest.mark.parametrize(("fault", "reason"), EXPECTED)
def test_each_fault_ends_with_its_reason(fault: str, reason: str) -> None:
    wait = 0.3 if reason == "late" else LONG
    with serving(CHART, FAULTS[fault]) as chart:
        error = refused(f"{chart.base}/Patient/p1", at(chart), wait=wait)
    assert error.reason == reason


def test_no_redirect_is_followed() -> None:
    with serving(CHART, FAULTS["redirect"]) as chart, connections() as connected:
        assert refused(f"{chart.base}/Patient/p1", at(chart)).status == 302
    assert len(connected) == len(chart.asked) == 1


def test_what_is_packed_is_unpacked_within_bounds() -> None:
    with serving(CHART, fhir_server.packed) as chart:
        url = f"{chart.base}/Patient/p1"
        body = fetched(url, at(chart)).body
        assert b'"Patient"' in body
        assert fetched(url, at(chart), most_bytes=len(body)).body == body
        assert refused(url, at(chart), most_bytes=len(body) - 1).reason == "too long"


def test_the_environment_and_netrc_change_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(CHART) as chart, serving(CHART) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port_of(proxy)}")
        shown = {"Authorization": "Bearer token"}
        fetched(f"{chart.base}/Patient/p1", at(chart), headers=shown)
        assert [each["Authorization"] for each in chart.headers] == ["Bearer token"]
        assert proxy.asked == []


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


def tls(authority: Authority, host: str, *, clients: Authority | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign(host, host))
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.file)
    return context


@contextmanager
def secure(context: ssl.SSLContext, authority: Authority, host: str) -> Iterator[FhirServer]:
    """A FHIR server by TLS, registered under that name."""
    with serving(CHART, tls=context) as chart:
        base = f"https://{host}:{port_of(chart)}/fhir"
        yield FhirServer(base=base, private=True, ca_file=str(authority.file))


def here(_: str) -> Sequence[str]:
    return ["127.0.0.1"]


def test_the_name_is_asked_for_and_checked_although_an_address_is_connected_to(
    authority: Authority,
) -> None:
    names: list[str | None] = []
    context = tls(authority, "ehr.example")
    context.sni_callback = lambda _, name, __: names.append(name)
    with secure(context, authority, "ehr.example") as server:
        assert fetched(f"{server.base}/Patient/p1", server, resolve=here).body
        other = replace(server, base=server.base.replace("ehr.example", "other.example"))
        error = refused(f"{other.base}/Patient/p1", other, resolve=here)
    assert names == ["ehr.example", "other.example"]
    assert error.reason == "broken"


def test_an_authority_that_is_not_the_servers_is_not_trusted(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    with secure(tls(stranger, "ehr.example"), authority, "ehr.example") as server:
        assert refused(f"{server.base}/Patient/p1", server, resolve=here).reason == "broken"
        unsaid = replace(server, ca_file="")
        assert refused(f"{server.base}/Patient/p1", unsaid, resolve=here).reason == "broken"


def test_a_client_certificate_is_shown_where_one_is_registered(authority: Authority) -> None:
    context = tls(authority, "ehr.example", clients=authority)
    certificate, key = authority.sign("cds.example", "cds.example")
    with secure(context, authority, "ehr.example") as server:
        assert refused(f"{server.base}/Patient/p1", server, resolve=here).reason == "broken"
        known = replace(server, client_cert=certificate, client_key=key)
        assert fetched(f"{server.base}/Patient/p1", known, resolve=here).body


def test_a_handshake_that_hangs_is_cut_at_the_deadline(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"https://ehr.example:{silent.getsockname()[1]}/fhir"
        server = FhirServer(base=base, private=True, ca_file=str(authority.file))
        assert refused(f"{base}/Patient/p1", server, wait=0.2, resolve=here).reason == "late"


def test_a_document_may_be_registered_by_its_own_address() -> None:
    with serving(CHART) as chart:
        url = f"{chart.base}/Patient/p1"
        assert fetched(url, at(chart, base=url)).body
        assert refused(f"{chart.base}/Patient/p2", at(chart, base=url)).reason == "not registered"


@pytest.mark.parametrize("fault", [name for name, _ in EXPECTED])
def test_no_error_holds_what_was_sent(fault: str) -> None:
    secret = "secret-of-the-tests"
    with serving(CHART, FAULTS[fault]) as chart:
        shown = {"Authorization": f"Bearer {secret}"}
        url = f"{chart.base}/Patient?name={secret}"
        error = refused(url, at(chart), wait=0.2, headers=shown)
    assert secret not in f"{error} {error!r} {error.args} {error.__cause__}"
    assert error.__suppress_context__ or error.__context__ is None


def stored(url: str, server: FhirServer) -> None:
    put(url, server, body=b'{"id": "f1"}', headers={}, until=monotonic() + LONG)


def test_what_is_put_lies_at_its_own_place() -> None:
    with serving(CHART) as chart:
        stored(f"{chart.base}/Flag/f1", at(chart))
    assert chart.written == {"Flag/f1": [{"id": "f1"}]}


def test_nothing_is_put_but_under_a_registered_base() -> None:
    with serving(CHART) as chart, connections() as connected:
        for url in (f"{chart.elsewhere}/fhir/Flag/f1", f"{chart.base}/../Flag/f1"):
            with pytest.raises(NotFetched, match="not registered"):
                stored(url, at(chart))
        assert connected == []


@pytest.mark.parametrize("number", STATUSES)
def test_a_put_that_is_refused_is_told_with_its_status(number: int) -> None:
    with serving(CHART, fhir_server.status(number)) as chart:
        with pytest.raises(NotFetched) as error:
            stored(f"{chart.base}/Flag/f1", at(chart))
        assert error.value.status == number
        assert chart.written == {}
