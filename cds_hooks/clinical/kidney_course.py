"""Where kidney disease stands by KDIGO, whether it is chronic, and how fast eGFR falls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files

import msgspec

from cds_hooks.clinical.advice import Advice, advise
from cds_hooks.engine.card_text import UNITS, dated, label, measured
from cds_hooks.engine.eligibility import listed
from cds_hooks.engine.guidelines import GUIDELINES, PUBLICATIONS
from cds_hooks.engine.patient import Assessed, Risk
from fhir_adapters.facts.facts import Fact
from fhir_adapters.record import RecordedCondition
from predictors.predictor import NotAssessed, Prediction, Predictor
from predictors.scores.ckd_criteria import ckd_criteria
from predictors.scores.egfr_slope import egfr_slope
from predictors.scores.kdigo_ckd import kdigo_ckd

CHRONIC = timedelta(days=90)
"""How long an acute injury is taken to explain a low eGFR: after that it would be chronic."""

SEVERE = 5.0
"""GFR category G4, below 30 mL/min/1.73 m2: nephrology is asked whatever albuminuria is."""


class Monitoring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many times a year to measure, by GFR category and then by albuminuria category."""

    source: str
    section: str
    printed: str
    times: Mapping[str, tuple[str, str, str]]

    @property
    def cited(self) -> str:
        """Its source as a clinician reads it."""
        return PUBLICATIONS[self.source].cited


MONITORING: Monitoring = msgspec.toml.decode(
    files("cds_hooks").joinpath("clinical/kidney_monitoring.toml").read_bytes(), type=Monitoring
)


def recent_injury(patient: Assessed) -> bool:
    """Whether an acute kidney injury was recorded so lately that it may explain the results.

    One that was recorded long ago, or nobody knows when, and never closed explains nothing now.
    """
    entries = [each for each in patient.fact("aki").basis if isinstance(each, RecordedCondition)]
    dates = [each.onset or each.recorded for each in entries]
    return any(when and when.latest >= patient.as_of - CHRONIC for when in dates)


@dataclass(frozen=True, slots=True)
class KidneyCourse:
    """A patient's KDIGO categories, and what the results of the years say where they say it.

    `recorded` is whether chronic kidney disease is on the problem list; `unlisted` that it is
    certainly not, while the results make it chronic.
    """

    staged: Risk
    criteria: Prediction | None
    slope: Prediction | None
    recorded: bool
    unlisted: bool

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
        if self.recorded or not band.indicator:
            return None
        return Advice(guideline.publication(band), band, band, "")

    @property
    def lasting(self) -> bool:
        """Whether the results alone certainly make it chronic."""
        return bool(self.criteria and self.criteria.low)

    @property
    def monitoring(self) -> str:
        """How often its category is to be measured again; "" where albuminuria is not known."""
        known = {each.outcome: each.note for each in self.staged.assessment.predictions}
        if (albuminuria := known.get("albuminuria category")) is None:
            return ""
        times = MONITORING.times[self.filtration.note][int(albuminuria[1:]) - 1]
        return f"Measure eGFR and urine albumin {times} times a year ({MONITORING.cited})."

    @property
    def text(self) -> str:
        """The stage, how it is known to last, and the slope, in a sentence each."""
        return " ".join(
            (
                f"KDIGO {self.stage}: {self.risk.note} risk.",
                *self._lasting(),
                *self._slope(),
                *filter(None, (self.monitoring,)),
            )
        )

    def _lasting(self) -> Iterator[str]:
        if self.criteria and self.lasting:
            yield f"Confirmed over 90 days: {self.criteria.note}."
        elif self.recorded:
            yield "On the problem list; by these results not confirmed over 90 days."

    def _slope(self) -> Iterator[str]:
        if self.slope is None or not self.slope.certain:
            return
        unit = UNITS["mL/min/{1.73_m2}"]
        yield f"eGFR slope {self.slope.value:+.1f} {unit} a year, {self.slope.note}."


def kidney_course(patient: Assessed) -> KidneyCourse:
    """The course of this patient's kidney disease; raises NotAssessed where no eGFR is known."""
    criteria = _first(patient, ckd_criteria)
    lasting = bool(criteria and criteria.low)
    return KidneyCourse(
        staged=patient.risk(kdigo_ckd),
        criteria=criteria,
        slope=_first(patient, egfr_slope),
        recorded=patient.recorded("ckd"),
        unlisted=lasting and listed(patient, "ckd") is None,
    )


def staging(patient: Assessed, course: KidneyCourse) -> tuple[Advice, Prediction, str] | None:
    """What the categories call for, the prediction that it is about, and the finding in words."""
    key, about = _asked(patient, course)
    advice = advise(patient, key, prediction=about) if key else None
    if advice is None or not advice.lowest.indicator:
        return None
    if key == "kidney-heat-map":
        return advice, about, f"Kidney disease, {about.note} risk, not on the problem list"
    if key == "kidney-first-low-gfr":
        return advice, about, f"{label('egfr')} {measured(course.facts[0])}, not yet repeated"
    return advice, about, f"Kidney disease, {advice.band.name}"


def _asked(patient: Assessed, course: KidneyCourse) -> tuple[str, Prediction]:
    if course.unconfirmed:
        return "kidney-first-low-gfr", course.filtration
    if patient.fact("uacr").value is None:
        low = course.filtration.low >= SEVERE
        key = "kidney-low-gfr-referral" if low else "kidney-albuminuria-missing"
        return key, course.filtration
    return "" if course.recorded else "kidney-heat-map", course.risk


def _first(patient: Assessed, predictor: Predictor) -> Prediction | None:
    try:
        return patient.risk(predictor).assessment.predictions[0]
    except NotAssessed:
        return None
