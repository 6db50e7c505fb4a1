import os

from cds_hooks.store.tally import Tally


def test_nothing_is_counted_before_anything_went_wrong() -> None:
    counts = Tally().counts
    assert (counts.late, counts.lost, counts.at) == (0, 0, 0.0)


def test_what_forked_processes_count_is_known_to_all_and_outlives_them() -> None:
    tally = Tally()
    tally.late()
    for _ in range(2):
        if not (child := os.fork()):
            tally.lost()
            os._exit(0)
        os.waitpid(child, 0)
    counts = tally.counts
    assert (counts.late, counts.lost) == (1, 2)
    assert counts.at > 0
