"""Care of the strongest recommendations that is missing, where nothing speaks against it."""

from collections.abc import Iterator

from cds_hooks.clinical import acute_illness
from cds_hooks.clinical.care_gap_cards import gap_finding
from cds_hooks.clinical.care_gaps import INPUTS, RULES, Found
from cds_hooks.clinical.care_gaps import care_gaps as gaps_of
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from predictors.predictor import NotAssessed, Problem, Reason
from predictors.scores.ckd_epi_2021 import ckd_epi_2021


@service(
    "care-gaps",
    title="Care gaps",
    usage_requirements=(
        "Adults only. Needs the problem list, the medication list and the list of allergies, and "
        "the results of the last year. It looks for the rules of its published table, no others."
    ),
    uses=(ckd_epi_2021,),
    also=(*acute_illness.INPUTS, *INPUTS),
    excluded=(acute_illness.VISIT, "pregnancy", "palliative", "comfort_measures"),
    required=("patient", "conditions"),
    rules=tuple(RULES),
    purpose="prevention",
)
def care_gaps(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    """Shows the one or two treatments or tests that are recommended most strongly and missing."""
    found = list(gaps_of(patient))
    if found and (ill := acute_illness.acutely_ill(patient)):
        raise NotAssessed("care-gaps", (ill,))
    if certain := [each for each in found if not each.open]:
        yield gap_finding(patient, certain)
    if unsure := [each for each in found if each.open]:
        yield NotAssessed("care-gaps", tuple(map(_open, unsure)))


def _open(gap: Found) -> Reason:
    text = f"{gap.rule.finding.split(':')[0]}: not said, because {gap.open}"
    return Reason(gap.key, Problem.TOO_UNCERTAIN, text)
