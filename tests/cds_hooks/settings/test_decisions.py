from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cds_hooks.settings.decisions import Decision, decided, modes, read, waiting
from cds_hooks.settings.file import from_tables, load
from cds_hooks.settings.per_client import for_client
from cds_hooks.settings.services import Mode
from cds_hooks.settings.validation import ConfigError

CLIENT = {"issuer": "https://ehr.example", "jwks_file": "keys.json"}


def line(choice: str, *, id: str = "1", event: str = "decided") -> Decision:
    told = {"id": id, "event": event, "at": datetime.now(UTC), "by": "ada", "kind": "service"}
    more = {"subject": "lab-safety", "choice": choice, "before": "live", "reason": "a vote"}
    return msgspec.convert(told | more, Decision)


def test_the_newest_decision_holds_and_a_proposal_does_not() -> None:
    lines = [line("silent"), line("off", id="2", event="proposed")]
    assert modes(lines) == {"lab-safety": "silent"}
    assert [each.id for each in waiting(lines)] == ["2"]
    assert waiting([*lines, line("off", id="2", event="declined")]) == ()


@pytest.mark.parametrize(
    ("own", "chosen", "holds"),
    [
        ("off", "live", "off"),
        ("silent", "live", "silent"),
        ("live", "off", "off"),
        ("live", "silent", "silent"),
    ],
)
def test_a_decision_turns_nothing_on_that_a_client_has_off(
    own: Mode, chosen: Mode, holds: Mode
) -> None:
    client = CLIENT | {"services": {"lab-safety": {"mode": own}}}
    settings = decided(from_tables({"clients": {"north": client}}), [line(chosen)])
    assert for_client(settings, "north").of("lab-safety").mode == holds


def test_a_decision_keeps_what_else_the_site_chose_for_the_service() -> None:
    site = from_tables({"services": {"lab-safety": {"thresholds": {"potassium-high": 6.0}}}})
    assert decided(site, [line("silent")]).of("lab-safety").thresholds == {"potassium-high": 6.0}


@pytest.mark.parametrize("text", ["{", '{"id":"1"}', "null"])
def test_a_file_that_cannot_be_read_is_an_error_and_not_no_decision(
    tmp_path: Path, text: str
) -> None:
    kept = tmp_path / "decisions.ndjson"
    kept.write_bytes(msgspec.json.encode(line("off")) + b"\n" + text.encode() + b"\n")
    with pytest.raises(ConfigError, match=r"admin\.decisions"):
        read(kept)
    (tmp_path / "cds.toml").write_text(f'[admin]\ndecisions = "{kept}"\n')
    with pytest.raises(ConfigError, match=r"admin\.decisions"):
        load(tmp_path / "cds.toml")
