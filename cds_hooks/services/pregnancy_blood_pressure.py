"""Blood pressure in pregnancy and the six weeks after birth."""

from collections.abc import Iterator

from cds_hooks.clinical.vital_cards import vital_card
from cds_hooks.clinical.vital_rules import VITALS
from cds_hooks.engine.card_text import measured, timed
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from fhir_adapters.facts.facts import Fact
from predictors.predictor import Input, Kind

SEVERE, RAISED = (160.0, 110.0), (140.0, 90.0)
PRESSURES = tuple(
    Input(name, Kind.SERIES, "mm[Hg]", window="acute", hours=7 * 24) for name in ("sbp", "dbp")
)


@service(
    "pregnancy-blood-pressure",
    title="Blood pressure in pregnancy",
    usage_requirements="Needs blood pressures of the last week, and pregnancy or birth recorded.",
    also=(*PRESSURES, "pregnancy", "postpartum"),
    youngest=10,
    oldest=60,
    acute=True,
    any_age=True,
    thresholds=("severe-systolic", "severe-diastolic", "systolic", "diastolic"),
)
def pregnancy_blood_pressure(patient: Assessed) -> Iterator[Finding]:
    """Shows severe hypertension in pregnancy or after birth at once, and asks for pre-eclampsia."""
    pregnancy = patient.fact("pregnancy")
    certain = patient.recorded("pregnancy") or patient.recorded("postpartum")
    likely = pregnancy.alternatives[:1] == (True,)
    if not (certain or likely):
        return
    newest = [each[0] for name in ("sbp", "dbp") if (each := patient.history(name))]
    severe = (
        patient.threshold("severe-systolic", SEVERE[0]),
        patient.threshold("severe-diastolic", SEVERE[1]),
    )
    raised = (patient.threshold("systolic", RAISED[0]), patient.threshold("diastolic", RAISED[1]))
    calling = ((VITALS.severe_hypertension, severe), (VITALS.hypertension, raised))
    # Of a pregnancy that is only likely nothing but what cannot wait is told.
    for rule, limits in calling if certain else calling[:1]:
        over = _over(newest, dict(zip(("sbp", "dbp"), limits, strict=True)))
        if over >= 1:
            values = "/".join(measured(each).split()[0] for each in newest)
            found = f"{rule.finding}: {values} mmHg, {timed(*newest)}"
            told = newest if certain else [pregnancy, *newest]
            yield Finding(vital_card(patient, rule, *told, found=found), over)
            return


def _over(newest: list[Fact], limits: dict[str, float]) -> float:
    """The greatest multiple of its limit that a pressure reaches."""
    values = ((each.value, limits[each.name]) for each in newest)
    return max((v / limit for v, limit in values if isinstance(v, int | float)), default=0.0)
