"""Every check of draft orders, in the order in which their findings are told."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TypeAlias

from cds_hooks.clinical.orders import genomics
from cds_hooks.clinical.orders.allergies import allergies, side_chains
from cds_hooks.clinical.orders.conditions import conditions
from cds_hooks.clinical.orders.daily import daily
from cds_hooks.clinical.orders.doac import apixaban, doac_unknown
from cds_hooks.clinical.orders.drafts import drafts_of, readable
from cds_hooks.clinical.orders.duplicates import duplicates
from cds_hooks.clinical.orders.kidney import kidney
from cds_hooks.clinical.orders.mra import mra
from cds_hooks.clinical.orders.opioids import opioids
from cds_hooks.clinical.orders.pairs import pairs, raised_potassium, triple
from cds_hooks.clinical.orders.pregnancy import pregnancy, pregnancy_possible
from cds_hooks.clinical.orders.qt import qt
from cds_hooks.clinical.orders.unchecked import unchecked
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder

Check: TypeAlias = Callable[[Assessed, tuple[DraftOrder, ...]], Iterator[Finding]]
"""A pure function of the patient and the drafts that could be read.

It yields a finding only where a draft that is `selected` takes part in it.
"""

CHECKS: tuple[Check, ...] = (
    pairs,
    conditions,
    allergies,
    side_chains,
    daily,
    pregnancy,
    pregnancy_possible,
    raised_potassium,
    triple,
    duplicates,
    kidney,
    apixaban,
    doac_unknown,
    mra,
    qt,
    opioids,
    genomics.genotype,
    genomics.conditions,
    genomics.untested,
)


def findings(patient: Assessed) -> Iterator[Finding]:
    """What all checks find in the drafts of the call, and last what was not checked."""
    every = drafts_of(patient)
    drafts = readable(every)
    told = chain(*(check(patient, drafts) for check in CHECKS), unchecked(patient, every))
    # Two drafts of one drug and regimen are one card: a client tells cards apart by what they say.
    yield from {each.topic: each for each in told}.values()
