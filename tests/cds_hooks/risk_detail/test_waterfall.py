"""The steps of a prediction, and where its values lie on the link's scale."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.risk_detail.waterfall import MOST_STEPS, scaled, steps
from predictors.predictor import Link, predict

AMOUNTS = st.lists(st.floats(-3, 3), max_size=25)


@given(AMOUNTS, st.sampled_from(Link))
def test_the_steps_add_up_however_many_there_are(amounts: list[float], link: Link) -> None:
    parts = {f"input{number}": amount for number, amount in enumerate(amounts)}
    prediction = predict("outcome", parts, link=link, baseline=-1.0)
    found = steps(prediction)
    assert len(found) <= MOST_STEPS + 1
    end = found[-1].after if found else prediction.baseline
    assert math.isclose(end, -1.0 + math.fsum(amounts), abs_tol=1e-9)
    assert sum(step.others or 1 for step in found) == len([each for each in amounts if each])


@given(st.floats(-8, 3), st.sampled_from([each for each in Link if each is not Link.WHOLE]))
def test_a_value_lies_where_the_link_takes_it_from(total: float, link: Link) -> None:
    found = scaled(link, link.inverse(total))
    assert found is not None
    assert math.isclose(found, total, rel_tol=1e-6, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("link", "value"), [(Link.LOGISTIC, 0.0), (Link.LOGISTIC, 1.0), (Link.LOG, 0.0)]
)
def test_what_the_link_never_reaches_has_no_place(link: Link, value: float) -> None:
    assert scaled(link, value) is None
