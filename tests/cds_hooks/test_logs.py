import ast
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from cds_hooks.logs import EVENTS, FIELDS, LONGEST_VALUE, configure
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.database import Store
from tests.cds_hooks.web.test_app import SENT, SERVICE, URL
from tests.stores import recorder, served

ROOT = Path(__file__).parent.parent.parent
LEVELS = {"critical", "debug", "error", "exception", "info", "log", "warning"}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the log writes, as the server configures it."""
    handlers, before = list(logging.root.handlers), structlog.get_config()
    file = io.StringIO()
    configure(file)
    yield file
    logging.captureWarnings(False)
    logging.root.handlers = handlers
    structlog.configure(**before)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_field_that_is_not_listed_is_dropped(written: io.StringIO) -> None:
    structlog.get_logger().warning("late", service="lab-safety", patient="SECRET", exc_info=True)
    (line,) = lines(written)
    assert line.pop("time")
    assert line == {"event": "late", "level": "warning", "service": "lab-safety"}


def test_an_event_that_is_put_together_from_data_is_not_told(written: io.StringIO) -> None:
    structlog.get_logger().error("failed for SECRET")
    assert lines(written)[0]["event"] == "unlisted"


@pytest.mark.parametrize("value", [{"name": "SECRET"}, object(), b"SECRET", ValueError("SECRET")])
def test_a_value_that_is_not_plain_is_dropped(written: io.StringIO, value: object) -> None:
    structlog.get_logger().error("failed", reason=value)
    assert "reason" not in lines(written)[0]


def test_a_long_value_is_cut(written: io.StringIO) -> None:
    structlog.get_logger().error("failed", reason="x" * 1000, expressions=["y" * 1000])
    (line,) = lines(written)
    assert line["reason"] == "x" * LONGEST_VALUE
    assert line["expressions"] == ["y" * LONGEST_VALUE]


def test_of_what_a_library_logs_the_values_are_left_out(written: io.StringIO) -> None:
    logging.getLogger("library").warning("no room for %s", "SECRET")
    logging.getLogger("library").error("no room for SECRET")
    try:
        raise ZeroDivisionError("SECRET")
    except ZeroDivisionError:
        logging.getLogger("library").exception("it failed with %s", "SECRET")
    first, second, third = lines(written)
    assert first["message"] == "no room for %s"
    assert "message" not in second
    assert second["at"].startswith("test_logs:")
    assert third["exception"] == "ZeroDivisionError"
    assert "SECRET" not in written.getvalue()


def test_a_warning_of_python_is_an_event_without_its_text(written: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("SECRET", stacklevel=1)
    assert [line["logger"] for line in lines(written)] == ["py.warnings"]
    assert "SECRET" not in written.getvalue()


def test_each_call_is_one_event_that_tells_what_became_of_it(written: io.StringIO) -> None:
    client = served(Settings()).test_client()
    answer = client.post(URL, json=SENT)
    (line,) = lines(written)
    assert (line["event"], line["service"], line["status"]) == ("answered", SERVICE, 200)
    assert line["correlation"] == answer.headers["X-Correlation-ID"]
    assert line["hook_instance"] == SENT["hookInstance"]
    assert (line["shown"], line["withheld"]) == (0, 0)
    assert line["ms"] > 0
    client.post(URL, json=SENT | {"prefetch": {}})
    assert [each["event"] for each in lines(written)] == ["answered", "refused"]
    assert lines(written)[1]["service"] == SERVICE


def test_pages_and_discovery_leave_no_event(written: io.StringIO) -> None:
    client = served(Settings()).test_client()
    assert client.get("/cds-services").status_code == 200
    assert lines(written) == []


def test_every_line_of_a_call_has_its_correlation_id(written: io.StringIO) -> None:
    nowhere = recorder(StoreSettings(spool_mb=1))
    nowhere.store = Store("sqlite:////nowhere/at/all.db")
    nowhere.spool.room = 0
    client = served(Settings(), nowhere).test_client()
    access = {"access_token": "a-token", "token_type": "Bearer", "expires_in": 60}
    elsewhere = {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": access}
    sent = SENT | elsewhere | {"prefetch": {"patient": SENT["prefetch"]["patient"]}}
    asks = [client.post("/cds-services/lab-safety", json=sent) for _ in range(2)]
    ids = [each.headers["X-Correlation-ID"] for each in asks]
    found = lines(written)
    ours = [line["event"] for line in found if line.get("correlation") == ids[0]]
    assert ours == ["unfetched", "spooled", "unrecorded", "answered"]
    assert {line["correlation"] for line in found} == set(ids)


def test_what_is_logged_after_a_call_is_not_said_to_be_of_it(written: io.StringIO) -> None:
    served(Settings()).test_client().post(URL, json=SENT)
    structlog.get_logger().warning("untidied")
    assert "correlation" not in lines(written)[-1]


def calls() -> Iterator[ast.Call]:
    """Every call of a logger in this package."""
    for path in (ROOT / "cds_hooks").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                yield node


def test_what_is_logged_anywhere_is_listed() -> None:
    found = list(calls())
    texts = [each.args[0] for each in found if isinstance(each.args[0], ast.Constant)]
    assert {text.value for text in texts} <= EVENTS
    assert len(found) > 8
    fields = {keyword.arg for each in found for keyword in each.keywords if keyword.arg}
    assert fields <= FIELDS
