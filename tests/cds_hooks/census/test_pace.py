from cds_hooks.census.pace import Pace


def test_requests_are_as_far_apart_as_the_budget_says() -> None:
    at, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        at[0] += seconds

    pace = Pace(4, clock=lambda: at[0], sleep=sleep)
    for _ in range(3):
        pace.turn()
    assert slept == [0.25, 0.25]
    at[0] += 10
    pace.turn()
    assert slept == [0.25, 0.25]  # who was idle waits for nothing
