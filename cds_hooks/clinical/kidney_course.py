"""Where kidney disease stands by KDIGO, whether it is chronic, and how fast eGFR falls."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds_hooks.clinical.advice import Advice
from cds_hooks.engine.card_text import UNITS, dated, label, measured
from cds_hooks.engine.guidelines import GUIDELINES
from cds_hooks.engine.patient import Assessed, Risk
from fhir_adapters.facts.facts import Fact
from predictors.predictor import NotAssessed, Prediction, Predictor
from predictors.scores.ckd_criteria import ckd_criteria
from predictors.scores.egfr_slope import egfr_slope
from predictors.scores.kdigo_ckd import kdigo_ckd


@dataclass(frozen=True, slots=True)
class KidneyCourse:
    """A patient's KDIGO categories, and what the results of the years say where they say it.

    `recorded` is whether chronic kidney disease is on the problem list.
    """

    staged: Risk
    criteria: Prediction | None
    slope: Prediction | None
    recorded: bool

    @property
    def filtration(self) -> Prediction:
        """The GFR category, 1 to 6 for G1 to G5."""
        return self.staged["GFR category"]

    @property
    def risk(self) -> Prediction:
        """The risk by the heat map, 1 (low) to 4 (very high)."""
        return self.staged["KDIGO risk"]

    @property
    def stage(self) -> str:
        """The GFR and albuminuria categories, as in "G3b A2"."""
        known = {each.outcome: each.note for each in self.staged.assessment.predictions}
        albuminuria = known.get("albuminuria category", "(albuminuria unknown)")
        return f"{self.filtration.note} {albuminuria}"

    @property
    def facts(self) -> tuple[Fact, Fact]:
        """The eGFR and the urine albumin that the categories rest on."""
        return self.staged.facts["egfr"], self.staged.facts["uacr"]

    @property
    def results(self) -> str:
        """Both with their dates."""
        return "; ".join(f"{label(f.name)}: {measured(f)} {dated(f)}".rstrip() for f in self.facts)

    @property
    def unconfirmed(self) -> Advice | None:
        """What to do before it is called chronic; None if results or a clinician say it is."""
        lasting = self.criteria.low if self.criteria else 0.0
        guideline = GUIDELINES["kidney-disease-unconfirmed"]
        band = guideline.band(lasting)
        return None if self.recorded or not band.indicator else Advice(guideline, band, band, "")

    @property
    def text(self) -> str:
        """The stage, how it is known to last, and the slope, in a sentence each."""
        return " ".join(
            (f"KDIGO {self.stage}: {self.risk.note} risk.", *self._lasting(), *self._slope())
        )

    def _lasting(self) -> Iterator[str]:
        if self.criteria and self.criteria.low:
            yield f"Confirmed over 90 days: {self.criteria.note}."
        elif self.recorded:
            yield "On the problem list; by these results not confirmed over 90 days."

    def _slope(self) -> Iterator[str]:
        if self.slope is None or not self.slope.certain:
            return
        lost = GUIDELINES["kidney-function-loss"]
        band = lost.band(max(0.0, -self.slope.value))
        said = f": {band.name} ({lost.cited}), {band.advice}" if band.indicator else ""
        unit = UNITS["mL/min/{1.73_m2}"]
        yield f"eGFR slope {self.slope.value:+.1f} {unit} a year, {self.slope.note}{said}."


def kidney_course(patient: Assessed) -> KidneyCourse:
    """The course of this patient's kidney disease; raises NotAssessed where no eGFR is known."""
    return KidneyCourse(
        staged=patient.risk(kdigo_ckd),
        criteria=_first(patient, ckd_criteria),
        slope=_first(patient, egfr_slope),
        recorded=patient.recorded("ckd"),
    )


def _first(patient: Assessed, predictor: Predictor) -> Prediction | None:
    try:
        return patient.risk(predictor).assessment.predictions[0]
    except NotAssessed:
        return None
