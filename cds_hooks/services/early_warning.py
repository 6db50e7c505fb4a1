"""Acute deterioration by vital signs: NEWS2 of one set of observations."""

from collections.abc import Iterator, Sequence

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.deterioration import (
    BLOOD_TESTS,
    HYPERCAPNIA,
    OUTCOMES,
    SCALE,
    blood_tests,
    could_call,
    could_call_alone,
    response,
    scale,
    scale_remark,
    sepsis_care,
)
from cds_hooks.clinical.end_of_life import NO_SCORE, comfort_measures_now
from cds_hooks.clinical.observation_sets import (
    ObservationSet,
    course,
    observation_sets,
    still_calling,
    unknown,
)
from cds_hooks.clinical.vital_cards import BANDS, COMA_SCORE, coma, maternity, near_death
from cds_hooks.engine.card_text import cited, detail, inputs_table, remarks_of
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.predictor import NotAssessed
from predictors.scores.news2 import news2

CARE = ("pregnancy", "postpartum", "comfort_measures", *HYPERCAPNIA)
SIGNS = tuple(each for each in news2.inputs if each.name in {*BANDS, "avpu"})


@service(
    "early-warning",
    title="Early warning",
    usage_requirements=(
        "Needs vital signs with their times. Off outside the demo until the site turns it on: "
        "to the FDA and under the EU's MDR a time-critical alarm is a medical device."
    ),
    uses=(news2,),
    also=(SCALE, COMA_SCORE, *BLOOD_TESTS.values(), *SIGNS, "infection_suspected", *CARE),
    youngest=16,
    required=("patient", "vitals"),
    acute=True,
    off_by_default=True,
)
def early_warning(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    """Scores one set of vital signs (NEWS2) and shows it if it calls for an urgent response."""
    if comfort_measures_now(patient):
        yield NotAssessed(news2.name, (NO_SCORE,))
        return
    yield from (dying := (*near_death(patient), *coma(patient)))
    if patient.recorded("pregnancy") or patient.recorded("postpartum"):
        yield from maternity(patient)
        return
    try:
        yield from _scored(patient)
    except NotAssessed:
        # A value near death is shown already; that nothing else was measured adds nothing.
        if not dying:
            raise


def _scored(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    sets = observation_sets(patient, news2, OUTCOMES[scale(patient)])
    index = still_calling(sets, lambda points: response(points).due)
    if index is not None:
        yield _finding(patient, sets, index)
    elif could_call(sets[0]):
        raise unknown(sets)
    elif (left_open := could_call_alone(sets[0])) is not None:
        raise left_open


def _finding(patient: Assessed, sets: Sequence[ObservationSet], index: int) -> Finding:
    shown = sets[index]
    called = response(shown.points)
    care = sepsis_care(patient, shown)
    found = f"NEWS2 {shown.said}: {called.band.name}"
    card = Card(
        summary=found,
        indicator=called.band.indicator or "info",
        source=cited(called.guideline, topic="EarlyWarning"),
        detail=detail(
            called.text,
            f"An infection is recorded or suspected. {care.text}" if care else "",
            shown.lacks,
            inputs_table(shown.risk, shown.prediction),
            course(sets, index),
            remarks=(scale_remark(patient), *remarks_of(shown.risk.facts.values())),
        ),
    )
    because = patient.fact("infection_suspected").basis
    actions = blood_tests(patient, shown) if care else ()
    suggestions = (suggest(key, patient, reason=found, because=because) for key in actions)
    return Finding(offering(card, *suggestions), called.over, about=shown.prediction)
