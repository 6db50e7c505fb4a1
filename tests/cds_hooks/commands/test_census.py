import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_hooks.commands.cli import main
from tests.cds_hooks.census.wards import ILL, surveyed


def test_a_watch_that_is_not_turned_on_says_what_it_would_be(tmp_path: Path) -> None:
    file = tmp_path / "census.toml"
    file.write_text('token_file = "token"\n[server]\nbase = "https://ehr.example/fhir"\n')
    made = CliRunner().invoke(main, ["census", "watch", str(file)])
    assert made.exit_code == 1
    assert "medical device" in made.output


def test_one_hour_is_watched_and_its_table_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with surveyed(tmp_path, {"p1": ILL}) as ward:
        file = tmp_path / "census.toml"
        file.write_text(
            "time_critical_surveillance = true\n"
            f'token_file = "{ward.site.token_file}"\nrequests_a_second = 500\n'
            f'[server]\nbase = "{ward.hospital.base}"\nprivate = true\nplain_http = true\n'
        )
        asked = ["census", "watch", str(file), "--once", "--rows", str(tmp_path / "rows.ndjson")]
        made = CliRunner().invoke(main, asked)
    assert made.exit_code == 0, made.output
    assert "1 in beds, 1 assessed" in made.output
    assert "p1" not in made.output
    rows = [json.loads(each) for each in (tmp_path / "rows.ndjson").read_text().splitlines()]
    assert {each["patient"] for each in rows} == {"p1"}
    assert ward.hospital.written == {}
