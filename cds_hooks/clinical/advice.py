"""What a guideline advises at a predicted risk, and whether this chart leaves it to be done."""

from collections.abc import Sequence
from dataclasses import dataclass

from cds_hooks.clinical.actions import suggest
from cds_hooks.engine.guidelines import GUIDELINES, Band, Publication
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import URGENCY, Indicator, Suggestion
from predictors.predictor import Prediction


@dataclass(frozen=True, slots=True)
class Advice:
    """Advice that may be open: `band` is the highest the prediction may reach, `lowest` the least.

    `doubt` says why it is not certain that the treatment is missing ("" if it is), `over` how far
    the prediction is beyond where the guideline begins to advise, as in `Finding`. `advised` is the
    band whose advice holds instead, and `caution` what else is to be weighed ("" if nothing).
    """

    guideline: Publication
    lowest: Band
    band: Band
    doubt: str
    over: float = 1.0
    advised: Band | None = None
    caution: str = ""

    @property
    def due(self) -> bool:
        """Whether the band is certain and so is the absence of the treatment."""
        return self.lowest is self.band and not self.doubt and not self.caution

    @property
    def name(self) -> str:
        """The band by name, or both where what is unknown leaves it open."""
        if self.lowest is self.band:
            return self.band.name
        return f"{self.lowest.name} or {self.band.name}"

    @property
    def indicator(self) -> Indicator:
        """The band's indicator, or info while anything is in doubt."""
        return ((self.advised or self.band).indicator or "info") if self.due else "info"

    @property
    def text(self) -> str:
        """The advice as a paragraph of a card."""
        band = self.advised or self.band
        names = band.name if self.advised else self.name
        if not self.advised and self.lowest is not self.band:
            names += ", depending on what is unknown"
        caution = f" {self.caution}." if self.caution else ""
        check = f" Check the medication list: {self.doubt}." if self.doubt else ""
        return f"**{self.guideline.cited}**, {names}: {band.advice}.{caution}{check}"

    def suggestions(
        self, patient: Assessed, *, reason: str, because: tuple[object, ...] = ()
    ) -> tuple[Suggestion, ...]:
        """The suggested action, if the advice is due and has one."""
        action = (self.advised or self.band).action
        if not self.due or not action:
            return ()
        return (suggest(action, patient, reason=reason, because=because),)


def advise(
    patient: Assessed, key: str, *, prediction: Prediction, unless: str = ""
) -> Advice | None:
    """What that guideline advises at that prediction; None if nothing, or if it is in place.

    `unless` is the medication class that the advice is about, if it is about one.
    """
    guideline = GUIDELINES[key]
    lowest, band = guideline.band(prediction.low), guideline.band(prediction.high)
    if not band.indicator or (unless and patient.recorded(unless)):
        return None
    doubt = patient.doubt(unless) if unless else ""
    over = prediction.value / guideline.threshold if guideline.threshold else 1.0
    return Advice(guideline.publication(band), lowest, band, doubt, over)


def most_urgent(advice: Sequence[Advice]) -> Indicator:
    """The most urgent indicator among them, of which there is at least one."""
    return min((each.indicator for each in advice), key=URGENCY.index)
