"""Samples are offered by the service that they were made for, in words."""

from cds_hooks.bundles.samples import grouped, samples

TITLES = {"lab-safety": "Laboratory safety", "sepsis-risk": "Sepsis risk"}


def test_every_sample_is_offered_once() -> None:
    offered = [name for group in grouped(TITLES).values() for name in group]
    assert sorted(offered) == sorted(samples())


def test_a_sample_is_called_by_its_service_and_its_story() -> None:
    groups = grouped(TITLES)
    assert groups["Laboratory safety"]["lab-safety-fires"] == "Laboratory safety: a card is due"
    ward = groups["Sepsis risk"]["sepsis-risk-near-miss-ward"]
    assert ward == "Sepsis risk: no card is due, if only just: ward"


def test_a_sample_of_another_hook_is_grouped_with_its_service() -> None:
    titles = {"readmission-risk": "Readmission", "discharge-readmission": "At discharge"}
    groups = grouped(titles)
    assert groups["At discharge"] == {
        "discharge-readmission-fires": "At discharge: a card is due",
        "discharge-readmission-near-miss": "At discharge: no card is due, if only just",
        "discharge-readmission-unknown": ("At discharge: what is needed is missing or unusable"),
    }
    assert not [name for name in groups["Readmission"] if name.startswith("discharge")]


def test_the_services_come_in_their_order_and_whole_records_after_them() -> None:
    assert list(grouped(TITLES))[:3] == [*TITLES.values(), "Whole records, by Synthea"]
