"""A server that keeps failing is left alone, then tried by one call."""

from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.fhir_client.breaker import Breaker


def failing(times: int) -> Breaker:
    breaker = Breaker(failures=3, rest=10)
    for _ in range(times):
        breaker.record(worked=False, now=100)
    return breaker


def test_it_is_closed_until_so_many_calls_in_a_row_have_failed() -> None:
    assert failing(2).admits(100)
    assert not failing(3).admits(100)


def test_one_call_that_worked_ends_the_row() -> None:
    breaker = failing(2)
    breaker.record(worked=True, now=100)
    breaker.record(worked=False, now=100)
    assert breaker.admits(100)


def test_after_its_rest_one_call_tries_and_the_others_wait() -> None:
    breaker = failing(3)
    assert not breaker.admits(109.9)
    assert breaker.admits(110)
    assert not breaker.admits(110)


def test_what_the_try_shows_opens_or_closes_it() -> None:
    for worked in (True, False):
        breaker = failing(3)
        assert breaker.admits(110)
        breaker.record(worked=worked, now=111)
        assert breaker.admits(112) is worked
        assert breaker.admits(121)


def test_a_try_that_never_ends_does_not_shut_it_for_ever() -> None:
    breaker = failing(3)
    assert breaker.admits(110)
    assert breaker.admits(120)


@given(st.lists(st.booleans(), max_size=30))
def test_it_is_open_just_where_the_last_calls_failed(outcomes: list[bool]) -> None:
    breaker = Breaker(failures=3, rest=10)
    for worked in outcomes:
        breaker.record(worked=worked, now=0)
    assert breaker.admits(1) is (len(outcomes) < 3 or any(outcomes[-3:]))
