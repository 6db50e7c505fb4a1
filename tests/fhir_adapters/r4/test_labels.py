"""How much of a resource a server shows, by its tags and security labels."""

import pytest
from msgspec import convert

from fhir_adapters.r4.datatypes import Meta
from fhir_adapters.r4.labels import masked, shortened

SYSTEMS = (
    "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "http://hl7.org/fhir/v3/ObservationValue",
)


def labelled(code: str, system: str = SYSTEMS[0], where: str = "tag") -> Meta:
    return convert({where: [{"system": system, "code": code}]}, Meta)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("where", ["tag", "security"])
def test_a_label_counts_in_both_places_and_systems(system: str, where: str) -> None:
    assert shortened(labelled("SUBSETTED", system, where))
    assert masked(labelled("redacted", system, where))
    assert masked(labelled("MASKED", system, where))


def test_other_labels_say_nothing_of_the_kind() -> None:
    for meta in (None, Meta(), labelled("R"), labelled("SUBSETTED", "urn:other")):
        assert not shortened(meta)
        assert not masked(meta)
    assert not masked(labelled("SUBSETTED"))
