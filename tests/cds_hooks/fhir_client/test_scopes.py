"""SMART's scopes, of version 1 and 2, decide what is asked for."""

import pytest

from cds_hooks.fhir_client.scopes import Grant, Interaction, granted

SEARCHED = {
    "patient/Observation.read": Grant.WHOLE,
    "patient/*.read": Grant.WHOLE,
    "user/Observation.read": Grant.WHOLE,
    "system/*.*": Grant.WHOLE,
    "patient/*.*": Grant.WHOLE,
    "patient/Observation.search": Grant.WHOLE,
    "patient/Observation.rs": Grant.WHOLE,
    "patient/Observation.s": Grant.WHOLE,
    "user/*.cruds": Grant.WHOLE,
    "launch openid patient/Observation.rs offline_access": Grant.WHOLE,
    "patient/Observation.rs?category=laboratory": Grant.PART,
    "patient/Observation.rs?category=laboratory patient/Observation.rs": Grant.WHOLE,
    "patient/Observation.r": Grant.NONE,
    "patient/Observation.write": Grant.NONE,
    "patient/Observation.cud": Grant.NONE,
    "patient/Condition.read": Grant.NONE,
    "patient/Condition.read whatever": Grant.NONE,
    "": Grant.WHOLE,
    "launch openid fhirUser": Grant.WHOLE,
    "patient/Observation": Grant.WHOLE,
    "patient/Observation.sr": Grant.WHOLE,
    "Allergies and problems of the patient": Grant.WHOLE,
}
"""By scope: a text in which no scope for resources is recognised leaves it to the server."""


@pytest.mark.parametrize(("scope", "grant"), SEARCHED.items())
def test_req_069_and_std_21_what_may_be_searched(scope: str, grant: Grant) -> None:
    assert granted(scope, "Observation", "search") is grant


@pytest.mark.parametrize(
    ("scope", "interaction", "grant"),
    [
        ("patient/Patient.r", "read", Grant.WHOLE),
        ("patient/Patient.s", "read", Grant.NONE),
        ("patient/Patient.read", "read", Grant.WHOLE),
        ("patient/Patient.search", "read", Grant.NONE),
        ("patient/*.s patient/Patient.r", "read", Grant.WHOLE),
    ],
)
def test_to_read_is_another_right_than_to_search(
    scope: str, interaction: Interaction, grant: Grant
) -> None:
    assert granted(scope, "Patient", interaction) is grant
