"""What references point at: relative, absolute and versioned ones alike."""

import pytest

from fhir_adapters.r4.references import reference_to, relative
from fhir_adapters.r4.resources import Observation, Patient


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("Patient/p1", "Patient/p1"),
        ("https://fhir.example.org/r4/Patient/p1", "Patient/p1"),
        ("Patient/p1/_history/3", "Patient/p1"),
        ("https://fhir.example.org/r4/Patient/p1/_history/3", "Patient/p1"),
        ("urn:uuid:345f160c-4468-4510-935c-befd26ff9129", ...),
        ("#contained", ...),
        ("", ...),
    ],
)
def test_the_type_and_id_that_a_reference_ends_in(reference: str, target: object) -> None:
    assert relative(reference) == (reference if target is ... else target)


def test_a_resource_is_pointed_at_by_its_id_else_its_full_url_else_its_type() -> None:
    assert reference_to(Observation(id="o1"), "urn:uuid:1") == "Observation/o1"
    assert reference_to(Patient(), "urn:uuid:1") == "urn:uuid:1"
    assert reference_to(Patient(), "") == "Patient"
