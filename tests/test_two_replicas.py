"""Two servers behind nginx on one PostgreSQL: one answer, one use of a token, nothing lost."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests

from cds_hooks.engine.service import services
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.database import Store
from tests.authority import Authority
from tests.callers import ISSUER, claims, jwk, jwks, private_key, signed
from tests.nginx import Nginx
from tests.postgres import Postgres
from tests.servers import ROOT, Server
from tests.test_kill_loop import Clients, lacking, rows_by_card

pytestmark = pytest.mark.long  # three starts of two servers and of nginx

REQUESTS = sorted((ROOT / "fixtures/requests").glob("*-fires.lab-safety.json"))
CALL = "/cds-services/lab-safety"
CLIENT = """
public_url = "{public}"

[clients.tester]
issuer = "{issuer}"
jwks_file = "{keys}"
algorithms = ["EdDSA"]
"""
STORE = """
[server]
workers = 2
threads = 4

[store]
url = "{url}"
spool_mb = 16
"""
OTHERS_OFF = "".join(f'[services.{id}]\nmode = "off"\n' for id in services() if id != "lab-safety")
"""A start that verifies no model is quick."""


class Pair:
    """Two servers of one site, each with its own folder and spool, and nginx in front of both."""

    def __init__(self, folder: Path, nginx: Nginx, site: str, *, demo: bool) -> None:
        self.nginx = nginx
        self.servers = []
        for name in ("one", "two"):
            (folder / name).mkdir()
            self.servers.append(Server(folder / name, site=site + OTHERS_OFF, demo=demo))

    @property
    def urls(self) -> list[str]:
        """The address of nginx, and then of each server."""
        return [self.nginx.url, *(each.url for each in self.servers)]

    def __enter__(self) -> "Pair":
        self._held = ExitStack()
        for each in self.servers:
            self._held.callback(each.kill)
            each.start()
        self._held.enter_context(self.nginx.serving(*(each.port for each in self.servers)))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()


@contextmanager
def trusted(program: str, folder: Path) -> Iterator[Nginx]:
    """nginx, whose certificate every client of the test trusts."""
    authority = Authority(folder, "authority")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
        yield Nginx(program, folder, authority)


@pytest.fixture(scope="module")
def signing(
    nginx_program: str,
    tmp_path_factory: pytest.TempPathFactory,
    postgres: Postgres,
    postgres_template: str,
) -> Iterator[Pair]:
    """The pair, for a client that signs its calls."""
    folder = tmp_path_factory.mktemp("signing")
    keys = folder / "jwks.json"
    keys.write_bytes(jwks(jwk(private_key(), "k")))
    with postgres.database(postgres_template) as name, trusted(nginx_program, folder) as nginx:
        client = CLIENT.format(public=nginx.url, issuer=ISSUER, keys=keys)
        site = client + STORE.format(url=postgres.url(name))
        with Pair(folder, nginx, site, demo=False) as pair:
            yield pair


def asked(pair: Pair, url: str, body: bytes, token: str = "") -> requests.Response:
    """One call, with a token of its own unless one is given."""
    sent = token or signed(claims(f"{pair.nginx.url}{CALL}"))
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {sent}"}
    return requests.post(f"{url}{CALL}", data=body, headers=headers, timeout=30)


def test_both_servers_and_nginx_give_the_same_answer(signing: Pair) -> None:
    assert REQUESTS
    for path in REQUESTS:
        answers = [asked(signing, url, path.read_bytes()) for url in signing.urls]
        assert [each.status_code for each in answers] == [200, 200, 200]
        told = [json.dumps(each.json(), sort_keys=True) for each in answers]
        assert answers[0].json()["cards"]
        assert len(set(told)) == 1


def test_a_token_counts_once_whichever_server_it_comes_to(signing: Pair) -> None:
    body = REQUESTS[0].read_bytes()
    for _ in range(5):
        token = signed(claims(f"{signing.nginx.url}{CALL}"))
        with ThreadPoolExecutor(6) as threads:
            once_more = partial(asked, signing, body=body, token=token)
            answers = list(threads.map(once_more, signing.urls * 2))
        assert Counter(each.status_code for each in answers) == {200: 1, 401: 5}


@pytest.mark.timeout(300)  # four starts of a server, on a busy machine
def test_while_each_server_is_killed_and_restarted_in_turn_nothing_acknowledged_is_lost(
    nginx_program: str,
    tmp_path: Path,
    postgres_settings: StoreSettings,
    record_property: Callable[[str, object], None],
) -> None:
    store = Store(postgres_settings.url)
    site = STORE.format(url=store.url)
    with (
        trusted(nginx_program, tmp_path) as nginx,
        Pair(tmp_path, nginx, site, demo=True) as pair,
    ):
        with Clients(nginx.url) as clients:
            for each in pair.servers:
                clients.wait_for(10)
                each.kill()
                clients.wait_for(10)
                each.start()
            clients.wait_for(10)
        unrecorded = lacking(store, set(clients.answered))
    kept = rows_by_card(store)
    store.close()
    figures = {"acknowledged": len(clients.acknowledged), "answered": len(clients.answered)}
    record_property("two replicas", figures | {"refused": dict(clients.odd)})
    assert clients.answered
    assert set(clients.acknowledged) <= set(kept)
    assert max(kept.values()) == 1
    assert unrecorded == 0
    assert set(clients.odd) <= {503}
