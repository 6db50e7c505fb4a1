import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.protocol.errors import BadRequest
from cds_hooks.protocol.feedback import (
    AcceptedSuggestion,
    Feedback,
    FeedbackRequest,
    InvalidFeedback,
    Outcome,
    OverrideReason,
    Reason,
    idempotency_key,
    outcomes,
)
from cds_hooks.protocol.json import read_feedback
from tests.beside import examples

CARD = "f6b95768-b1c8-40dc-8385-bf3504b82ffb"
SUGGESTION = "e56e1945-20b3-4393-8503-a1a20fd73152"
NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
OVERRIDDEN: dict[str, Any] = {
    "card": CARD,
    "outcome": "overridden",
    "outcomeTimestamp": "2026-03-15T12:00:00Z",
}
ACCEPTED = OVERRIDDEN | {"outcome": "accepted", "acceptedSuggestions": [{"id": SUGGESTION}]}
REASON = {"code": "patient-refuses", "system": "urn:reasons", "display": "Patient refuses"}


def body(*items: object) -> bytes:
    return json.dumps({"feedback": items}).encode()


def read(**changes: Any) -> Outcome:
    """The outcome of an item that was overridden, with changes."""
    (outcome,) = outcomes(read_feedback(body(OVERRIDDEN | changes)))
    return outcome


def refusal(sent: bytes) -> dict[str, str]:
    """What was found wrong, by the field that it is about."""
    with pytest.raises(BadRequest) as refused:
        read_feedback(sent)
    return {problem.expression: problem.text for problem in refused.value.problems}


def test_req_154_feedback_is_an_object_with_an_array() -> None:
    assert outcomes(read_feedback(b'{"feedback":[]}')) == ()
    assert refusal(b"{}") == {"feedback": "feedback is required"}
    assert refusal(b'{"feedback":{}}') == {"feedback": "feedback must be an array"}
    assert refusal(b"[]") == {"": "the body must be an object"}


@pytest.mark.parametrize("missing", ["card", "outcome", "outcomeTimestamp"])
def test_req_155_156_and_161_what_is_required_is_named_with_its_item(missing: str) -> None:
    short = {name: OVERRIDDEN[name] for name in OVERRIDDEN if name != missing}
    where = f"feedback[1].{missing}"
    assert refusal(body(OVERRIDDEN, short)) == {where: f"{where} is required"}
    assert set(refusal(body(OVERRIDDEN, OVERRIDDEN | {missing: None}))) == {where}


@pytest.mark.parametrize("outcome", ["ignored", "Accepted", "", 1])
def test_cds_fb_1_the_outcome_is_accepted_or_overridden(outcome: object) -> None:
    found = refusal(body(OVERRIDDEN, ACCEPTED, OVERRIDDEN | {"outcome": outcome}))
    assert list(found) == ["feedback[2].outcome"]
    assert "cds-fb-1" in found["feedback[2].outcome"]


@pytest.mark.parametrize("suggestions", [[], None])
def test_cds_fb_2_what_is_accepted_names_suggestions(suggestions: object) -> None:
    found = refusal(body(OVERRIDDEN, ACCEPTED | {"acceptedSuggestions": suggestions}))
    assert list(found) == ["feedback[1].acceptedSuggestions"]
    assert "cds-fb-2" in found["feedback[1].acceptedSuggestions"]


@pytest.mark.parametrize("name", ["overrideReason", "overrideReasons"])
@pytest.mark.parametrize(
    "nothing",
    [{}, {"userComment": ""}, {"userComment": " \n"}, {"reason": None}, {"extension": {"a": 1}}],
)
def test_cds_fb_3_an_override_reason_holds_a_reason_or_a_comment(
    name: str, nothing: dict[str, Any]
) -> None:
    found = refusal(body(OVERRIDDEN | {name: nothing}))
    assert list(found) == [f"feedback[0].{name}"]
    assert "cds-fb-3" in found[f"feedback[0].{name}"]


def test_the_rules_hold_for_values_as_they_do_for_bytes() -> None:
    sent: Any = {"card": CARD, "outcome_timestamp": NOON}
    with pytest.raises(InvalidFeedback, match="cds-fb-1"):
        Feedback(**sent | {"outcome": "ignored"})
    with pytest.raises(InvalidFeedback, match="cds-fb-2"):
        Feedback(**sent, outcome="accepted")
    with pytest.raises(InvalidFeedback, match="cds-fb-3"):
        OverrideReason(user_comment=" ")


def test_everything_that_is_wrong_in_a_batch_is_listed_at_once() -> None:
    found = refusal(body(None, OVERRIDDEN | {"card": 5}, ACCEPTED | {"acceptedSuggestions": [{}]}))
    assert set(found) == {
        "feedback[0]",
        "feedback[1].card",
        "feedback[2].acceptedSuggestions[0].id",
    }


def test_no_refusal_repeats_what_was_sent() -> None:
    found = refusal(
        body(OVERRIDDEN | {"outcome": "SECRET", "card": 7, "outcomeTimestamp": "SECRET"})
    )
    assert len(found) == 3
    assert "SECRET" not in repr(found)


def test_std_35_several_cards_and_the_same_card_again_in_one_post() -> None:
    again = OVERRIDDEN | {"outcomeTimestamp": "2026-03-15T12:00:01Z"}
    read = outcomes(read_feedback(body(OVERRIDDEN, ACCEPTED | {"card": "other"}, again)))
    assert [(each.card, each.kind) for each in read] == [
        (CARD, "overridden"),
        ("other", "accepted"),
        (CARD, "overridden"),
    ]


def test_std_35_an_override_needs_no_reason() -> None:
    assert read() == Outcome(card=CARD, kind="overridden", at=NOON)
    assert read(overrideReason=None, acceptedSuggestions=None) == read()


@pytest.mark.parametrize("left_out", [set(), {"display"}, {"system"}, {"system", "display"}])
def test_std_35_a_reason_may_lack_its_system_and_its_display(left_out: set[str]) -> None:
    reason = {name: REASON[name] for name in REASON if name not in left_out}
    outcome = read(overrideReason={"reason": reason})
    kept = {"code": outcome.code, "system": outcome.system, "display": outcome.display}
    assert {name: text for name, text in kept.items() if text} == reason


def test_std_33_a_reason_has_its_code() -> None:
    found = refusal(body(OVERRIDDEN | {"overrideReason": {"reason": {"display": "Other"}}}))
    assert list(found) == ["feedback[0].overrideReason.reason.code"]


def test_req_165_and_166_a_comment_is_read_with_or_without_a_reason() -> None:
    assert read(overrideReason={"userComment": " Palliative. "}).comment == "Palliative."
    both = read(overrideReason={"reason": REASON, "userComment": "Palliative."})
    assert (both.code, both.comment) == ("patient-refuses", "Palliative.")


def test_epic_names_the_reason_in_the_plural_and_adds_extensions() -> None:
    epic = {"extension": {"com.epic.x": "1"}, "userComment": "Palliative."}
    outcome = read(overrideReasons=epic, card="EPIC-CARD-1", extension={"com.epic.y": None})
    assert (outcome.card, outcome.comment, outcome.dialect) == (
        "EPIC-CARD-1",
        "Palliative.",
        "epic",
    )
    assert read(overrideReasons={"reason": REASON}).code == "patient-refuses"


def test_unknown_members_are_ignored_wherever_they_are() -> None:
    reason = {"reason": REASON | {"x": 1}, "y": []}
    assert read(z={"deep": [None]}, overrideReason=reason) == read(
        overrideReason={"reason": REASON}
    )


@pytest.mark.parametrize(
    ("sent", "hours"),
    [
        ("2026-03-15T12:00:00Z", 0),
        ("2026-03-15t12:00:00.000z", 0),
        ("2026-03-15T13:00:00+01:00", 0),
        ("2026-03-15T13:00:00+0100", 0),
        ("2026-03-15T06:30:00.000000-05:30", 0),
        ("2026-03-16T00:00:00+14:00", -2),
    ],
)
def test_std_34_a_moment_with_any_offset_is_read_in_utc(sent: str, hours: int) -> None:
    at = read(outcomeTimestamp=sent).at
    assert at == NOON + timedelta(hours=hours)
    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    "sent",
    [
        "2026-03-15T12:00:00",
        "2026-03-15",
        "12:00",
        "",
        1773576000,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:00:00-14:00",
    ],
)
def test_std_34_a_moment_that_is_not_known_is_refused(sent: object) -> None:
    assert list(refusal(body(OVERRIDDEN | {"outcomeTimestamp": sent}))) == [
        "feedback[0].outcomeTimestamp"
    ]


def test_a_uuid_is_read_as_cards_carry_it_and_any_other_id_as_it_was_sent() -> None:
    assert read(card=CARD.upper()).card == read(card=f"urn:uuid:{CARD}").card == CARD
    for other in ("EPIC-Card-1", CARD.replace("-", ""), "urn:uuid:x", "{" + CARD + "}"):
        assert read(card=other).card == other


def test_a_suggestion_is_named_once() -> None:
    ids = [{"id": SUGGESTION}, {"id": SUGGESTION.upper()}, {"id": "other"}]
    assert read(acceptedSuggestions=ids).suggestions == (SUGGESTION, "other")


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("card", {"card": "x" * 256}),
        ("card", {"card": ""}),
        ("acceptedSuggestions", {"acceptedSuggestions": [{"id": "x"}] * 101}),
        ("acceptedSuggestions[0].id", {"acceptedSuggestions": [{"id": "x" * 256}]}),
        ("overrideReason.userComment", {"overrideReason": {"userComment": "x" * 10_001}}),
        ("overrideReason.reason.code", {"overrideReason": {"reason": {"code": "x" * 256}}}),
    ],
)
def test_what_is_stored_has_bounds(field: str, sent: dict[str, Any]) -> None:
    assert list(refusal(body(OVERRIDDEN | sent))) == [f"feedback[0].{field}"]


@pytest.mark.parametrize("sent", [b"", b"{", b"\xff", b'{"feedback":[NaN]}', b"[" * 5000])
def test_std_03_what_is_not_json_is_refused(sent: bytes) -> None:
    assert refusal(sent)


def test_a_nul_is_refused_wherever_it_is() -> None:
    sent = body(OVERRIDDEN | {"overrideReason": {"userComment": "a\0b"}})
    assert list(refusal(sent)) == ["feedback"]


def test_the_same_event_has_one_key_however_it_is_spelled() -> None:
    reason = {"reason": {"code": "c"}, "userComment": "x"}
    spelled = [
        read(overrideReason=reason),
        read(overrideReasons=reason | {"extension": {}}),
        read(
            overrideReason=reason, card=CARD.upper(), outcomeTimestamp="2026-03-15T13:00:00+01:00"
        ),
    ]
    assert len({idempotency_key(each, "a", service="s") for each in spelled}) == 1


def test_another_event_client_or_service_has_another_key() -> None:
    first = Outcome(card=CARD, kind="accepted", at=NOON, suggestions=("a",))
    other: list[dict[str, Any]] = [
        {"card": "other"},
        {"kind": "overridden"},
        {"at": NOON + timedelta(seconds=1)},
        {"suggestions": ("b",)},
        {"suggestions": ("a", "b")},
        {"code": "c"},
        {"system": "c"},
        {"display": "c"},
        {"comment": "c"},
    ]
    events = [first, *(_changed(first, change) for change in other)]
    keys = {idempotency_key(each, "a", service="s") for each in events}
    keys |= {idempotency_key(first, "b", service="s"), idempotency_key(first, "a", service="t")}
    assert len(keys) == len(events) + 2


def _changed(outcome: Outcome, change: dict[str, Any]) -> Outcome:
    kept = {name: getattr(outcome, name) for name in Outcome.__slots__}
    return Outcome(**kept | change)


def test_the_order_of_suggestions_makes_no_other_event() -> None:
    one = Outcome(card=CARD, kind="accepted", at=NOON, suggestions=("a", "b"))
    other = _changed(one, {"suggestions": ("b", "a")})
    assert idempotency_key(one, "a", service="s") == idempotency_key(other, "a", service="s")


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
ITEMS = st.builds(
    Feedback,
    card=TEXTS,
    outcome=st.sampled_from(["accepted", "overridden"]),
    outcome_timestamp=st.datetimes(
        datetime(1, 1, 3), datetime(9999, 12, 29),
        timezones=st.builds(timezone, st.timedeltas(-timedelta(hours=14), timedelta(hours=14))),
    ).map(lambda moment: moment.replace(tzinfo=UTC)),
    accepted_suggestions=st.lists(st.builds(AcceptedSuggestion, TEXTS), min_size=1).map(tuple),
    override_reason=st.builds(OverrideReason, reason=st.builds(Reason, TEXTS, TEXTS, TEXTS)),
)  # fmt: skip


@given(st.lists(ITEMS, max_size=3))
def test_what_is_sent_as_the_tables_say_is_read_back(items: list[Feedback]) -> None:
    sent = FeedbackRequest(tuple(items))
    assert read_feedback(msgspec.json.encode(sent)) == sent


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([CARD, "accepted", "", "2026"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "reason", "code", "userComment", "x"]), inner)
    ),
    max_leaves=4,
)


@given(st.sampled_from([*ACCEPTED, "overrideReason", "overrideReasons", "x"]), ODD)
def test_whatever_an_item_holds_it_is_read_or_its_field_is_named(field: str, value: Any) -> None:
    named = ["feedback[0]"]
    try:
        read_feedback(body(ACCEPTED | {field: value}))
    except BadRequest as refused:
        named = [problem.expression for problem in refused.problems]
    assert all(each.startswith("feedback[0]") for each in named)


def test_the_specifications_own_feedback_is_read() -> None:
    paths = examples("*-feedback.json")
    read = [each for path in paths for each in outcomes(read_feedback(path.read_bytes()))]
    assert [each.kind for each in read] == ["accepted", "overridden", "overridden"]
    assert read[0].suggestions == (SUGGESTION,)
    assert (read[2].code, read[2].comment) == ("d7ecf885", "A comment entered by the clinician.")
