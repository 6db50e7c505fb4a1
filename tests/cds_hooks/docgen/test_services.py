"""docs/services.md says what the services declare, and nothing that they no longer do."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cds_hooks.docgen.services import document, look_back, section
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import Service, services
from cds_hooks.settings.settings import Settings
from predictors.scores.hospital import hospital_simplified

DOCUMENT = Path(__file__).parents[3] / "docs" / "services.md"


def cells(service: str, first: str) -> list[str]:
    """The row of a service's tables that begins with that cell."""
    lines = section(services()[service]).splitlines()
    (row,) = [line for line in lines if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_the_document_is_up_to_date() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert written == document(services().values()), (
        "run: python -m cds_hooks.docgen.services > docs/services.md"
    )


@pytest.mark.parametrize("service", services().values(), ids=lambda each: each.id)
def test_a_service_is_described_by_all_that_it_declares(service: Service) -> None:
    text = section(service)
    assert text.startswith(f"## {service.title} (`{service.id}`)\n\n{service.description}\n")
    assert f"- **Hook**: `{service.hook}`\n" in text
    assert service.usage_requirements in text
    assert all(predictor.citation in text for predictor in service.uses)
    assert all(predictor.population in text for predictor in service.uses)
    for key, template in offered(service, Settings()).templates.items():
        assert f"\n{key}: {template}\n" in text


def test_for_whom_it_is() -> None:
    text = section(services()["breast-cancer-recurrence"])
    assert "- **For whom**: 24 to 90 years; Invasive breast cancer on the chart\n" in text
    text = section(services()["liver-fibrosis"])
    assert "- **Not where recorded**: Cirrhosis, " in text
    assert "- **Cannot begin without**: `conditions`, `patient`\n" in text


def test_what_is_off_by_default_says_so_and_why() -> None:
    text = section(services()["early-warning"])
    assert "- **Default mode**: `off` until the site turns it on (`live` in the demo)\n" in text
    assert "FDA" in text
    assert "MDR" in text
    assert "- **Default mode**: `live`\n" in section(services()["lab-safety"])


def test_a_series_over_hours_of_its_own_has_them_as_its_look_back() -> None:
    assert "| PEEP | all values | `cm[H2O]` | 3 days |" in section(services()["icu-mortality-risk"])


def test_an_input_has_its_unit_look_back_and_codes() -> None:
    assert cells("lab-safety", "Potassium") == [
        "Potassium",
        "all values",
        "`mmol/L`",
        "90 days",
        "LOINC 2823-3, 6298-4, 75940-7, 39789-3, 77142-8, 32713-0, 41656-0, 12812-4, 12813-2, "
        "51618-7, 29349-8; NPU NPU03230; SNOMED CT 1000651000000109, 1017401000000106",
    ]


def test_what_is_computed_averaged_or_read_from_others_says_so() -> None:
    assert cells("lab-safety", "eGFR")[1].startswith("CKD-EPI 2021")
    assert cells("cardiovascular-risk", "Systolic BP")[1].startswith("mean of ")
    assert "Pregnancy status: LOINC 82810-3" in cells("af-stroke-risk", "Pregnancy")[4]
    assert cells("early-warning", "SpO2 scale of NEWS2")[4] == "the site's own"


def test_what_no_chart_holds_and_what_the_site_chooses_are_told_apart() -> None:
    labile = "Labile INR (in range below 60 % of time)"
    assert cells("af-stroke-risk", labile)[1] == "no chart holds it"
    assert cells("cardiovascular-risk", "`score2_region`")[1] == "the site's choice"


def test_a_score_is_told_with_its_published_figure_or_that_none_is_given() -> None:
    told = section(replace(services()["lab-safety"], uses=(hospital_simplified,)))
    assert "alive for home. | AUROC 0.69, prospectively 0.66;" in told
    unknown = replace(hospital_simplified, discrimination="")
    told = section(replace(services()["lab-safety"], uses=(unknown,)))
    assert "no published figure is given here" in told
    assert cells("sepsis-risk", "Sepsis model, 2")[2] == "measured in its validation"


def test_measurements_that_are_taken_together_say_within_which_time() -> None:
    row = cells("early-warning", "National Early Warning Score 2, 2017")
    assert row[1].endswith("Measurements within 1 hour.")


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(hours=12), "12 hours"),
        (timedelta(hours=24), "1 day"),
        (timedelta(days=31), "31 days"),
        (timedelta(days=366), "1 year"),
        (timedelta(days=5 * 366), "5 years"),
    ],
)
def test_a_look_back_is_said_in_words(duration: timedelta, words: str) -> None:
    assert look_back(duration) == words
