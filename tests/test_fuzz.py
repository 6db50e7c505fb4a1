"""Whatever is sent, something is answered: 200,000 broken inputs of every kind."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.fuzzing import campaign, made


def require_variety(figures: dict[str, object], inputs: int) -> None:
    """A campaign in which everything is refused at the door would find nothing."""
    counted = Counter({name: count for name, count in figures.items() if isinstance(count, int)})
    assert counted.total() == inputs
    hooks = sum(count for name, count in counted.items() if name.startswith("hook"))
    assert counted["hook 200"] > hooks / 4
    assert counted["hook 400"] > hooks / 20
    assert counted["feedback 200"]
    assert counted["feedback 400"]
    assert counted["token 401"]


def test_broken_inputs_are_answered_or_refused_and_never_fail(
    record_property: Callable[[str, object], None],
) -> None:
    figures = campaign(150)
    record_property("150 broken inputs", figures)
    require_variety(figures, 150)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_of_two_hundred_thousand_broken_inputs_every_one_is_answered(
    record_property: Callable[[str, object], None],
) -> None:
    figures = campaign(200_000)
    record_property("200,000 broken inputs", figures)
    require_variety(figures, 200_000)


def test_an_input_is_known_by_its_number() -> None:
    for number in range(50):
        if made(number).kind != "token":
            assert made(number) == made(number)
