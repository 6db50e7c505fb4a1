from collections.abc import Sequence
from threading import Event

import pytest

from cds_hooks.store import group
from cds_hooks.store.group import Busy, Group, Job


class Held:
    """Work that waits until it is let go; what was performed together."""

    def __init__(self) -> None:
        self.go, self.began = Event(), Event()
        self.batches: list[list[int]] = []

    def __call__(self, jobs: Sequence[Job[int]]) -> None:
        self.began.set()
        assert self.go.wait(30)
        self.batches.append([job.work for job in jobs])
        for job in jobs:
            job.finish(-job.work)


def held() -> tuple[Held, Group[int], Job[int]]:
    """A group that is busy with its first job."""
    work = Held()
    made = Group("test", work, most=3)
    first = made.submit(0)
    assert work.began.wait(30)
    return work, made, first


def test_what_comes_meanwhile_is_done_together_in_its_order_and_bounded() -> None:
    work, made, first = held()
    jobs = [first, *(made.submit(number) for number in range(1, 6))]
    work.go.set()
    assert all(job.ended(30) for job in jobs)
    assert [job.result for job in jobs] == [0, -1, -2, -3, -4, -5]
    assert work.batches == [[0], [1, 2, 3], [4, 5]]
    made.close()


def test_who_does_not_wait_to_the_end_has_abandoned_the_job() -> None:
    work, made, first = held()
    assert made.stuck(0.0)
    assert not first.ended(0.01)
    assert first.abandoned
    work.go.set()
    made.close()
    made.join(30)
    assert not made.stuck(0.0)


def test_more_jobs_than_may_wait_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "MOST_WAITING", 2)
    work, made, _ = held()
    waiting = [made.submit(1), made.submit(2)]
    with pytest.raises(Busy):
        made.submit(3)
    work.go.set()
    assert all(job.ended(30) for job in waiting)
    made.close()


def test_after_its_end_it_begins_again_with_the_next_job() -> None:
    work, made, first = held()
    work.go.set()
    assert first.ended(30)
    made.close()
    made.join(30)
    assert made.submit(7).ended(30)
    made.close()
