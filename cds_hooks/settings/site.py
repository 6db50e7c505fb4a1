"""Clinical choices of a site: which published model, calibration and definition it follows."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Clinical choices that hold for the whole site."""

    cardiovascular_model: Annotated[
        Literal["prevent", "score2"],
        Meta(description="the score that `cardiovascular-risk` shows"),
    ] = "prevent"
    score2_region: Annotated[
        Literal["low", "moderate", "high", "very_high"],
        Meta(description="the region of SCORE2 and SCORE2-OP, by cardiovascular mortality"),
    ] = "low"
    score2_categories: Annotated[
        Literal["esc-2021", "esc-2025"],
        Meta(description="the guideline by which a risk by SCORE2 is high or very high"),
    ] = "esc-2025"
    kfre_calibration: Annotated[
        Literal["north_america", "other"],
        Meta(description="the calibration of the kidney failure risk equation"),
    ] = "other"
    hypertension_definition: Annotated[
        Literal["esc-2024", "aha-acc-2025"],
        Meta(description="the blood pressure that `undocumented-conditions` calls hypertension"),
    ] = "esc-2024"
    snomed_codes: Annotated[
        str,
        Meta(
            description="the file that `cds-hooks terminology compile` wrote from the site's own"
            " SNOMED CT release; empty: none"
        ),
    ] = ""
    atrial_fibrillation_guideline: Annotated[
        Literal["esc-2024", "acc-aha-2023"],
        Meta(description="the guideline by which `af-stroke-risk` advises an anticoagulant"),
    ] = "esc-2024"
