import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.database import Store
from cds_hooks.store.used_tokens import spent
from tests.cds_hooks.store.calls import remembered
from tests.charts import NOW

ROOT = Path(__file__).parents[3]


def present(store: Store, jti: str = "a", *, client: str = "ehr", call: str = "") -> bool:
    until = NOW + timedelta(minutes=6)
    return store.within(10, partial(spent, client=client, jti=jti, until=until, call=call))


def test_a_token_is_good_once_for_each_client(store_settings: StoreSettings) -> None:
    store = Store(store_settings.url)
    assert [present(store), present(store), present(store, "b")] == [True, False, True]
    assert [present(store, client="other"), present(store, client="other")] == [True, False]


def test_a_token_may_be_repeated_for_the_same_call_alone(store_settings: StoreSettings) -> None:
    store = Store(store_settings.url)
    calls = ["one", "one", "two", "", "one"]
    assert [present(store, call=call) for call in calls] == [True, True, False, False, True]


def test_a_token_that_was_used_without_a_call_is_used_up(store_settings: StoreSettings) -> None:
    store = Store(store_settings.url)
    assert [present(store), present(store, call="one")] == [True, False]


@pytest.mark.parametrize("jti", ["\0", "x" * 255, "' OR 1=1 --", "💊", "a\nb"])
def test_an_id_may_be_any_text_and_is_not_kept(store_settings: StoreSettings, jti: str) -> None:
    store = Store(store_settings.url)
    assert [present(store, jti), present(store, jti)] == [True, False]
    (row,) = remembered(store)["replay_ids"]
    assert jti not in str(row)
    assert len(str(row["jti"])) == 64


def race(url: str, *, presenters: int, tokens: int) -> tuple[Counter[str], float]:
    """How often each token was accepted by processes that all present all, and in what time."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.cds_hooks.store.presenter", url, str(tokens)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(presenters)
    ]
    for each in started:
        assert each.stdout
        assert each.stdout.readline() == "ready\n"
    began = monotonic()
    for each in started:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    accepted = Counter(line for each in started for line in each.communicate()[0].split())
    assert {each.returncode for each in started} == {0}
    return accepted, monotonic() - began


def test_a_token_that_several_processes_present_is_good_once(store_settings: StoreSettings) -> None:
    accepted, _ = race(store_settings.url, presenters=3, tokens=20)
    assert accepted == Counter(map(str, range(20)))


@pytest.mark.long
def test_of_2000_tokens_that_8_processes_present_each_is_good_once(
    store_settings: StoreSettings, record_property: Callable[[str, object], None]
) -> None:
    accepted, seconds = race(store_settings.url, presenters=8, tokens=2000)
    assert accepted == Counter(map(str, range(2000)))
    kind = store_settings.url.partition(":")[0]
    rate = f"{8 * 2000 / seconds:.0f} presentations a second, each token accepted once"
    record_property(f"replays on {kind}", rate)
