import pytest

from cds_hooks.protocol import errors
from cds_hooks.protocol.errors import (
    BadRequest,
    CDSError,
    PreconditionFailed,
    Problem,
    acknowledgement,
    operation_outcome,
)
from cds_hooks.protocol.json import encode
from tests.cds_hooks.protocol.wire_rules import received

# FHIR R4's value set issue-type is a required binding; these are the codes of it that we use.
ISSUE_TYPES = {
    "exception",
    "forbidden",
    "informational",
    "invalid",
    "login",
    "no-store",
    "not-found",
    "not-supported",
    "required",
    "throttled",
    "too-long",
}
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type)]
ERRORS = [kind for kind in KINDS if issubclass(kind, CDSError)]


def test_std_19_an_error_is_an_operation_outcome() -> None:
    error = PreconditionFailed("no patient", expression="prefetch.patient", diagnostics="absent")
    assert received(encode(operation_outcome(error))) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "required",
                "details": {"text": "no patient"},
                "diagnostics": "absent",
                "expression": ["prefetch.patient"],
            }
        ],
    }


def test_std_02_what_an_issue_does_not_have_is_left_out() -> None:
    (issue,) = received(encode(operation_outcome(BadRequest("no"))))["issue"]
    assert set(issue) == {"severity", "code", "details"}


def test_every_problem_is_an_issue() -> None:
    error = BadRequest("one", expression="a", further=(Problem("two", "b"), Problem("three")))
    sent = received(encode(operation_outcome(error)))
    assert [each["details"]["text"] for each in sent["issue"]] == ["one", "two", "three"]
    assert error.expression == "a"
    assert error.diagnostics == ""


def test_what_was_done_is_told_as_information() -> None:
    (issue,) = received(encode(acknowledgement("kept: 2")))["issue"]
    assert issue["code"] in ISSUE_TYPES
    assert (issue["severity"], issue["details"]) == ("information", {"text": "kept: 2"})


@pytest.mark.parametrize("kind", ERRORS)
def test_req_076_every_error_has_its_status_and_a_code_that_fhir_knows(
    kind: type[CDSError],
) -> None:
    assert kind.code in ISSUE_TYPES
    assert kind.status // 100 in (4, 5)
    assert len({each.status for each in ERRORS}) == len(ERRORS) >= 7


def test_req_054_what_is_missing_is_412() -> None:
    assert PreconditionFailed.status == 412
