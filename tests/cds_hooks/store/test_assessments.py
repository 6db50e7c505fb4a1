from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.assessments import (
    KeptAssessment,
    KeptAssessments,
    KeptFact,
    KeptPrediction,
    kept_between,
    pack,
    unpack,
)
from cds_hooks.store.call_rows import records
from cds_hooks.store.database import Store
from cds_hooks.store.pseudonyms import Keys
from tests.cds_hooks.store.calls import answer, call
from tests.charts import NOW, at_risk, patient

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
GIVEN = st.booleans() | NUMBERS | st.text() | st.lists(st.tuples(NUMBERS, NUMBERS)).map(tuple)
FACTS = st.builds(
    KeptFact,
    name=st.text(),
    state=st.sampled_from(["known", "no-record"]),
    given=GIVEN,
    unit=st.text(),
)
MADE = st.builds(
    KeptAssessment,
    service=st.text(),
    predictor=st.text(),
    version=st.none() | st.text(),
    predictions=st.lists(
        st.builds(
            KeptPrediction, outcome=st.text(), value=st.none() | NUMBERS, low=NUMBERS, high=NUMBERS
        )
    ).map(tuple),
    inputs=st.none() | st.lists(st.integers(0, 50)).map(tuple),
)


@given(st.lists(FACTS, max_size=5).map(tuple), st.lists(MADE, max_size=3).map(tuple))
def test_what_was_packed_is_unpacked_as_it_was(
    facts: tuple[KeptFact, ...], made: tuple[KeptAssessment, ...]
) -> None:
    kept = KeptAssessments(NOW, made, facts)
    assert unpack(pack(kept)) == kept


def test_where_nothing_was_kept_there_is_none() -> None:
    assert unpack(b"") == KeptAssessments(None, ())


def test_calls_of_a_time_are_walked_with_their_inputs_and_scores(
    store_settings: StoreSettings,
) -> None:
    store, keys = Store(store_settings.url), Keys((b"the secret of the tests",))
    answered = answer(patient(), *at_risk(), service="cardiovascular-risk")
    store.insert_within(10, records(answered, call(), settings=StoreSettings(), keys=keys))
    with store.reading() as connection:
        ((row, kept),) = kept_between(connection, NOW, NOW + timedelta(seconds=1))
        named = kept_between(connection, NOW, NOW + timedelta(1), service="lab-safety")
        assert list(named) == list(kept_between(connection, NOW - timedelta(1), NOW)) == []
    assert row["service"] == "cardiovascular-risk"
    first = kept.assessments[0]
    assert (first.predictor, first.predictions[0].outcome) == ("prevent", "CVD")
    assert {each.name for each in kept.facts_of(first)} >= {"sbp", "age"}
