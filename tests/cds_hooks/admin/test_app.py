import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_hooks.admin.app import create_admin
from cds_hooks.settings.admin import AdminSettings
from cds_hooks.settings.decisions import read
from cds_hooks.settings.file import load
from cds_hooks.settings.metrics import MetricSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.store.recorder import Recorder
from tests import stores
from tests.cds_hooks.admin.filled_store import filled

PAGES = ("/", "/services/lab-safety", "/changes", "/cards", "/comments", "/models", "/health")
PROXY = "10.0.0.7"
ADA, GRACE, EVE = "ada", "grace", "eve"


@pytest.fixture(scope="module")
def store() -> Recorder:
    made = stores.recorder()
    filled(made)
    return made


@dataclass
class Site:
    """The admin app of a site whose proxy signs on, with ada and grace to decide."""

    recorder: Recorder
    decisions: Path
    second_person: bool = False
    readers: tuple[str, ...] = ("*",)

    def app(self) -> FlaskClient:
        chosen = AdminSettings(
            proxies=(PROXY,),
            readers=self.readers,
            actors=(ADA, GRACE),
            second_person=self.second_person,
            decisions=str(self.decisions),
        )
        return create_admin(Settings(admin=chosen), self.recorder).test_client()

    def get(self, path: str, *, by: str = ADA, address: str = PROXY) -> TestResponse:
        return self.app().get(
            path, headers={"X-Remote-User": by}, environ_overrides={"REMOTE_ADDR": address}
        )

    def post(
        self, path: str, *, by: str = ADA, token: str | None = None, **form: str
    ) -> TestResponse:
        sent = self.token(by) if token is None else token
        return self.app().post(
            path,
            data={"token": sent, **form},
            headers={"X-Remote-User": by},
            environ_overrides={"REMOTE_ADDR": PROXY},
        )

    def token(self, by: str) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.get("/models", by=by).text)
        return found[1] if found else ""

    def decide(self, service: str, mode: str, *, by: str = ADA, **more: str) -> TestResponse:
        form = {"subject": service, "choice": mode, "reason": "the committee's vote"} | more
        return self.post("/models/service", by=by, **form)


@pytest.fixture
def site(store: Recorder, tmp_path: Path) -> Site:
    return Site(store, tmp_path / "decisions.ndjson")


@pytest.mark.parametrize("path", PAGES)
def test_whom_the_proxy_names_sees_a_page_without_a_script(site: Site, path: str) -> None:
    answer = site.get(path, by=EVE)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert "Simulated" not in answer.text  # calls of this store came over the wire
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy


@pytest.mark.parametrize("path", [*PAGES, "/cards/none", "/nothing"])
@pytest.mark.parametrize(("by", "address"), [(ADA, "10.0.0.8"), (ADA, "127.0.0.1"), ("", PROXY)])
def test_a_name_from_anyone_but_a_listed_proxy_lets_nobody_in(
    site: Site, path: str, by: str, address: str
) -> None:
    answer = site.get(path, by=by, address=address)
    assert answer.status_code == 403
    assert "signed on" in answer.text


def test_where_readers_are_named_no_other_reads(store: Recorder, tmp_path: Path) -> None:
    site = Site(store, tmp_path / "none", readers=("eve",))
    assert site.get("/", by=EVE).status_code == 200
    assert site.get("/", by="mallory").status_code == 403
    assert site.get("/", by=ADA).status_code == 200  # who may act may read


def test_metrics_are_for_scrapers_and_hold_no_name(site: Site, store: Recorder) -> None:
    assert site.get("/metrics", by="", address="10.9.9.9").status_code == 403
    answer = site.get("/metrics", by="", address="127.0.0.1")
    assert answer.status_code == 200
    assert "cds_hooks_database_up 1.0" in answer.text
    folder = Settings(metrics=MetricSettings(folder=str(site.decisions.parent)))
    counted = create_admin(folder, store).test_client().get("/metrics")
    assert counted.status_code == 200


def test_a_comment_is_shown_as_text_whatever_is_in_it(site: Site) -> None:
    text = site.get("/comments").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; he &amp; his *family* refuse" in text
    assert site.get("/comments?service=lab-safety").text.count('class="said"') == 0


@pytest.mark.parametrize(
    "asked", ["from=yesterday", "from=2026-02-01&to=2026-01-01", "to=2026-02-30"]
)
def test_a_period_that_is_none_is_refused_in_words(site: Site, asked: str) -> None:
    assert site.get(f"/?{asked}").status_code == 400


def test_a_card_that_is_not_kept_is_said_to_be_that(site: Site) -> None:
    answer = site.get("/cards/00000000-0000-0000-0000-000000000000")
    assert answer.status_code == 404
    assert "No such card is kept" in answer.text


def test_a_mode_that_is_decided_holds_when_the_settings_are_read_again(site: Site) -> None:
    toml = site.decisions.parent / "cds.toml"
    toml.write_text(f'[admin]\ndecisions = "{site.decisions}"\n')
    assert load(toml).of("lab-safety").mode is None
    assert site.decide("lab-safety", "silent").status_code == 303
    assert load(toml).of("lab-safety").mode == "silent"
    (line,) = read(site.decisions)
    assert (line.by, line.event, line.before) == (ADA, "decided", "live")
    assert "the committee&#39;s vote" in site.get("/models").text


def test_who_may_only_read_decides_nothing(site: Site) -> None:
    assert "<form" not in site.get("/models", by=EVE).text
    forged = site.decide("lab-safety", "off", by=EVE, token="none")
    assert forged.status_code == 403
    assert read(site.decisions) == ()


@pytest.mark.parametrize("forged", ["", "none", "of another"])
def test_a_form_that_was_not_made_for_that_person_is_refused(site: Site, forged: str) -> None:
    token = site.token(GRACE) if forged == "of another" else forged
    assert site.decide("lab-safety", "off", by=ADA, token=token).status_code == 400
    assert read(site.decisions) == ()


@pytest.mark.parametrize(
    ("service", "mode", "reason"),
    [
        ("none", "off", "x"),
        ("lab-safety", "loud", "x"),
        ("lab-safety", "live", "x"),
        ("lab-safety", "off", " "),
    ],
)
def test_what_cannot_be_or_is_already_or_has_no_reason_is_not_decided(
    site: Site, service: str, mode: str, reason: str
) -> None:
    assert site.decide(service, mode, reason=reason).status_code == 400
    assert read(site.decisions) == ()


def test_where_the_site_asks_for_a_second_person_one_alone_decides_nothing(
    store: Recorder, tmp_path: Path
) -> None:
    site = Site(store, tmp_path / "decisions.ndjson", second_person=True)
    site.decide("lab-safety", "off")
    (proposed,) = read(site.decisions)
    assert proposed.event == "proposed"
    assert site.post("/models/confirm", by=ADA, id=proposed.id).status_code == 403
    assert site.post("/models/confirm", by=GRACE, id=proposed.id).status_code == 303
    assert [(each.event, each.by) for each in read(site.decisions)] == [
        ("proposed", ADA),
        ("decided", GRACE),
    ]
    assert site.post("/models/confirm", by=GRACE, id=proposed.id).status_code == 404


def test_a_proposal_that_was_declined_cannot_be_confirmed(store: Recorder, tmp_path: Path) -> None:
    site = Site(store, tmp_path / "decisions.ndjson", second_person=True)
    site.decide("lab-safety", "off")
    (proposed,) = read(site.decisions)
    assert site.post("/models/decline", by=GRACE, id=proposed.id).status_code == 303
    assert site.post("/models/confirm", by=GRACE, id=proposed.id).status_code == 404


def test_the_demo_signs_no_one_on(store: Recorder) -> None:
    client = create_admin(Settings(), store, demo=True).test_client()
    assert client.get("/").status_code == 200
