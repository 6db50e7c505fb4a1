import re

import pytest

from cds_hooks.store.pseudonyms import Keys, WeakSecret, secrets_in

OLD, NEW = b"the secret of last year", b"the secret of this year"


def test_an_id_is_kept_as_the_keys_id_and_a_digest() -> None:
    kept = Keys((NEW,)).of("patient", "p1", client="a")
    assert re.fullmatch("[0-9a-f]{8}:[0-9a-f]{32}", kept)
    assert kept == Keys((NEW,)).of("patient", "p1", client="a")


def test_another_secret_client_or_kind_keeps_it_otherwise() -> None:
    keys = Keys((NEW,))
    kept = {
        keys.of("patient", "p1", client="a"),
        keys.of("patient", "p1", client="b"),
        keys.of("user", "p1", client="a"),
        keys.of("patient", "p2", client="a"),
        Keys((OLD,)).of("patient", "p1", client="a"),
    }
    assert len(kept) == 5


def test_what_was_kept_under_an_older_secret_is_still_found() -> None:
    before = Keys((OLD,)).of("patient", "p1", client="a")
    rotated = Keys((NEW, OLD))
    assert rotated.of("patient", "p1", client="a") != before
    assert before in rotated.every("patient", "p1", client="a")


def test_a_site_may_keep_ids_as_they_are_and_still_find_keyed_ones() -> None:
    plain = Keys((NEW,), plain=True)
    assert plain.of("patient", "p1", client="a") == "p1"
    assert plain.every("patient", "p1", client="a")[0] == "p1"
    assert Keys((NEW,)).of("patient", "p1", client="a") in plain.every("patient", "p1", client="a")
    assert plain.digest("p1") != "p1"


@pytest.mark.parametrize("secrets", [(), (b"short",), (NEW, b"short")])
def test_no_secret_and_a_short_one_are_refused_without_repeating_it(
    secrets: tuple[bytes, ...],
) -> None:
    with pytest.raises(WeakSecret) as refused:
        Keys(secrets)
    assert "short" not in str(refused.value)


def test_no_secret_is_shown() -> None:
    assert "secret of" not in repr(Keys((NEW,)))


def test_secrets_are_one_a_line_newest_first() -> None:
    assert secrets_in("\n new \r\n\nold\n") == (b"new", b"old")
