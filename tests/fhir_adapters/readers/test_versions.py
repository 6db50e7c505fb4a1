"""Copies and versions: the newest counts, and what was withdrawn does not come back."""

from typing import Any

import pytest

from fhir_adapters.record import DropCode, Dropped, Source
from tests.fhir_adapters.sent import condition, observation, quantity, read, searchset

Resource = dict[str, Any]

IDENTIFIER = [{"system": "urn:lab", "value": "77"}]
DUPLICATE = "sent more than once"
SUPERSEDED = "a newer version was sent"


def result(value: float, **fields: Any) -> Resource:
    return observation(value=quantity(value), **fields)


def values(*resources: Resource) -> list[float | str]:
    """The creatinine values that count, which must not depend on the order they came in."""
    forwards, backwards = read(*resources), read(*reversed(resources))
    assert forwards == backwards
    return [each.value for each in forwards.measurements.get("creatinine", ())]


def reasons(*resources: Resource) -> list[tuple[str, DropCode, str]]:
    return [(each.source.reference, each.code, each.text) for each in read(*resources).dropped]


def meta(version: Any = None, updated: str | None = None) -> Resource:
    return {"versionId": version, "lastUpdated": updated}


def test_the_same_resource_in_two_pages_counts_once() -> None:
    record = read(result(1), renal_labs=searchset(result(1)))
    assert [each.value for each in record.measurements["creatinine"]] == [1]
    duplicate = Dropped(Source("Observation/o1"), DropCode.DUPLICATE, DUPLICATE)
    assert record.dropped == (duplicate,)


def test_so_does_the_same_resource_without_an_id() -> None:
    assert values(result(1, id=...), result(1, id=...)) == [1]
    assert reasons(result(1, id=...), result(1, id=...)) == [
        ("Observation", DropCode.DUPLICATE, DUPLICATE)
    ]


def test_resources_of_different_types_may_share_an_id() -> None:
    record = read(result(1, id="x"), condition(id="x"))
    assert len(record.conditions) == 1
    assert record.dropped == ()


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (meta("1"), meta("2")),
        (meta("9"), meta("10")),
        (meta(9), meta(10)),
        (None, meta("1")),
        (None, meta("0")),
        (meta("x"), meta("1")),
        (meta("1", "2026-01-02T00:00:00Z"), meta("2", "2026-01-01T00:00:00Z")),
        (meta("a", "2026-01-01T00:00:00Z"), meta("b", "2026-01-02T00:00:00Z")),
        (meta("1" * 30, "2026-01-01T00:00:00Z"), meta("1", "2026-01-01T00:00:00Z")),
        (None, meta(None, "2026-01-01T00:00:00Z")),
        (meta(None, "2026-01-01T23:00:00Z"), meta(None, "2026-01-01T23:30:00-05:00")),
    ],
)
def test_the_newer_version_of_a_resource_counts(older: Any, newer: Any) -> None:
    sent = result(9, meta=older), result(2, meta=newer)
    assert values(*sent) == [2]
    assert reasons(*sent) == [("Observation/o1", DropCode.SUPERSEDED, SUPERSEDED)]


def test_the_report_dates_a_version_that_is_not_dated() -> None:
    early, late = "2026-03-15T09:00:00Z", "2026-03-15T10:00:00Z"
    assert values(result(2, issued=late), result(1, issued=early)) == [2]
    updated = result(1, issued=late, meta=meta(None, "2026-03-15T09:30:00Z"))
    assert values(updated, result(2, issued=late)) == [2]


@pytest.mark.parametrize("status", ["amended", "corrected", "Corrected"])
def test_a_correction_counts_where_nothing_else_tells(status: str) -> None:
    assert values(result(9, status="final"), result(2, status=status)) == [2]


def test_a_withdrawn_version_does_not_let_the_older_one_back_in() -> None:
    final = result(1, meta=meta("1"))
    withdrawn = result(1, meta=meta("2"), status="entered-in-error")
    assert values(final, withdrawn) == []
    assert reasons(final, withdrawn) == [
        ("Observation/o1", DropCode.SUPERSEDED, SUPERSEDED),
        ("Observation/o1", DropCode.STATUS, "its status is entered-in-error"),
    ]
    assert values(result(1), result(1, status="entered-in-error")) == []
    assert values(result(1), result(1, status="cancelled")) == []


def test_a_version_again_final_counts_again() -> None:
    withdrawn = result(1, meta=meta("2"), status="entered-in-error")
    assert values(withdrawn, result(3, meta=meta("3"))) == [3]


def test_versions_that_nothing_tells_apart_are_chosen_the_same_way_always() -> None:
    assert len(values(result(1), result(2))) == 1


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("registered", "preliminary"),
        ("of a kind of its own", "preliminary"),
        ("preliminary", "final"),
        ("preliminary", " Final"),
        ("final", "corrected"),
        ("final", "amended"),
        ("preliminary", "corrected"),
    ],
)
def test_a_later_stage_with_the_same_identifier_takes_the_place(earlier: str, later: str) -> None:
    first = result(1, id="a", identifier=IDENTIFIER, status=earlier)
    second = result(2, id="b", identifier=IDENTIFIER, status=later)
    assert values(first, second) == [2]
    assert reasons(first, second) == [("Observation/a", DropCode.SUPERSEDED, SUPERSEDED)]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "Cancelled "])
def test_and_a_withdrawal_withdraws_every_earlier_one(status: str) -> None:
    for earlier in ("preliminary", "final", "corrected", "amended"):
        first = result(1, id="a", identifier=IDENTIFIER, status=earlier)
        second = result(1, id="b", identifier=IDENTIFIER, status=status)
        assert values(first, second) == []


def test_a_correction_of_what_was_drawn_at_another_time_corrects_nothing_else() -> None:
    amended = result(1, id="a", identifier=IDENTIFIER, status="amended")
    later = result(2, id="b", identifier=IDENTIFIER)
    later["effectiveDateTime"] = "2026-03-15T11:00:00Z"
    assert values(amended, later) == [2, 1]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_withdrawn_draw_withdraws_no_earlier_one(status: str) -> None:
    valid = result(2, id="a", identifier=IDENTIFIER)
    withdrawn = result(1, id="b", identifier=IDENTIFIER, status=status)
    withdrawn["effectiveDateTime"] = "2026-03-15T11:00:00Z"
    assert values(valid, withdrawn) == [2]


def test_one_time_may_be_written_in_two_ways() -> None:
    first = result(1, id="a", identifier=IDENTIFIER)
    second = result(2, id="b", identifier=IDENTIFIER, status="corrected")
    second["effectiveDateTime"] = "2026-03-15T09:00:00+01:00"
    assert values(first, second) == [2]


@pytest.mark.parametrize("status", ["amended", "corrected"])
@pytest.mark.parametrize(("original", "correction"), [("aa", "zz"), ("zz", "aa")])
def test_without_identifiers_a_correction_takes_the_place_of_what_it_corrects(
    original: str, correction: str, status: str
) -> None:
    wrong = result(7, id=original)
    right = result(4, id=correction, status=status)
    assert values(wrong, right) == values(right, wrong) == [4]
    assert reasons(wrong, right) == [(f"Observation/{original}", DropCode.SUPERSEDED, SUPERSEDED)]


def test_of_another_time_or_test_it_does_not() -> None:
    other_time = result(7, id="a", effectiveDateTime="2026-03-15T11:00:00Z")
    assert values(other_time, result(4, id="b", status="amended")) == [7, 4]
    potassium = observation("2823-3", quantity(7, "mmol/L"), id="a")
    record = read(potassium, result(4, id="b", status="amended"))
    assert sorted(record.measurements) == ["creatinine", "potassium"]


def test_nor_does_it_of_a_result_that_was_known_only_later() -> None:
    corrected = result(4, id="a", status="corrected", issued="2026-03-15T09:00:00Z")
    later = result(7, id="b", issued="2026-03-15T10:00:00Z")
    assert sorted(values(corrected, later)) == [4, 7]


def test_a_withdrawal_without_identifiers_withdraws_nothing() -> None:
    assert values(result(7, id="a"), result(7, id="b", status="cancelled")) == [7]


def test_a_result_known_only_after_a_correction_is_another_one() -> None:
    corrected = result(1, id="a", identifier=IDENTIFIER, status="corrected")
    corrected["issued"] = "2026-03-15T09:00:00Z"
    later = result(2, id="b", identifier=IDENTIFIER, issued="2026-03-15T13:00:00Z")
    later["effectiveDateTime"] = "2026-03-15T12:00:00Z"
    assert values(corrected, later) == [2, 1]
    same = result(2, id="b", identifier=IDENTIFIER, issued="2026-03-15T09:00:00Z")
    assert values(corrected, same) == [1]


@pytest.mark.parametrize(
    "other",
    [
        [{"system": "urn:lab", "value": "78"}],
        [{"system": "urn:other", "value": "77"}],
        [],
        None,
        [{"system": "urn:lab"}],
    ],
)
def test_another_identifier_is_another_result(other: Any) -> None:
    first = result(1, id="a", identifier=IDENTIFIER)
    second = result(2, id="b", identifier=other, status="corrected")
    assert sorted(values(first, second)) == [1, 2]


def test_identifiers_without_value_identify_nothing() -> None:
    nothing = [{"system": "urn:lab"}]
    first = result(1, id="a", identifier=nothing)
    second = result(2, id="b", identifier=nothing)
    assert sorted(values(first, second)) == [1, 2]


def test_any_identifier_in_common_is_enough() -> None:
    both = [{"value": "1"}, *IDENTIFIER]
    first = result(1, id="a", identifier=IDENTIFIER)
    second = result(2, id="b", identifier=both, status="corrected")
    assert values(first, second) == [2]


def test_an_order_number_shared_by_different_tests_is_no_identity() -> None:
    creatinine = result(1, id="a", identifier=IDENTIFIER)
    potassium = observation("2823-3", quantity(4, "mmol/L"), id="b", identifier=IDENTIFIER)
    potassium["status"] = "corrected"
    record = read(creatinine, potassium)
    assert sorted(record.measurements) == ["creatinine", "potassium"]


def test_an_order_number_shared_by_different_times_is_no_identity() -> None:
    first = result(1, id="a", identifier=IDENTIFIER)
    second = result(2, id="b", identifier=IDENTIFIER)
    second["effectiveDateTime"] = "2026-03-14T08:00:00Z"
    assert values(first, second) == [1, 2]


def test_of_one_stage_and_time_the_newest_counts() -> None:
    first = result(3, id="b", identifier=IDENTIFIER, meta=meta("5", "2026-03-15T09:00:00Z"))
    second = result(2, id="a", identifier=IDENTIFIER, meta=meta("1", "2026-03-15T10:00:00Z"))
    assert values(first, second) == [2]
    assert reasons(first, second) == [("Observation/b", DropCode.SUPERSEDED, SUPERSEDED)]


@pytest.mark.parametrize(
    "time",
    [
        {"effectiveInstant": "2026-03-15T08:00:00Z"},
        {"effectivePeriod": {"start": "2026-03-15T08:00:00Z"}},
        {"effectivePeriod": {"end": "2026-03-15T08:00:00Z"}},
    ],
)
def test_the_time_may_be_of_any_kind(time: Resource) -> None:
    first = result(3, id="a", identifier=IDENTIFIER, effectiveDateTime=...) | time
    second = result(2, id="b", identifier=IDENTIFIER)
    assert sorted(values(first, second)) == [2, 3]
    same = result(2, id="b", identifier=IDENTIFIER, effectiveDateTime=...) | time
    assert len(values(first, same)) == 1


def test_different_periods_are_different_times() -> None:
    periods = {"start": "2026-03-14"}, {"start": "2026-03-15"}, {"end": "2026-03-16"}
    sent = [
        result(n, id=f"o{n}", identifier=IDENTIFIER, effectiveDateTime=..., effectivePeriod=each)
        for n, each in enumerate(periods, start=1)
    ]
    assert values(*sent) == [3, 2, 1]


def test_a_copy_without_id_is_named_by_its_full_url() -> None:
    copies = [{"resource": result(1, id=...), "fullUrl": "urn:uuid:1"} for _ in range(2)]
    assert [each.source.reference for each in read(*copies).dropped] == ["urn:uuid:1"]
    first = result(1, id=..., identifier=IDENTIFIER)
    second = result(2, id="b", identifier=IDENTIFIER, status="corrected")
    record = read({"resource": first, "fullUrl": "urn:uuid:1"}, second)
    assert [each.source.reference for each in record.dropped] == ["urn:uuid:1"]


def test_only_results_are_identified_by_identifier() -> None:
    first = condition(id="a") | {"identifier": IDENTIFIER}
    second = condition(id="b") | {"identifier": IDENTIFIER}
    assert len(read(first, second).conditions) == 2
