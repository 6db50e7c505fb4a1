"""On how many charts a claim of absence is suspended: `python -m tools.suspended_claims FOLDER`.

Prints the share of charts on which at least one condition or drug class that is not recorded may
be recorded in an entry that could not be placed, the share of all such claims, and each cause. Each
chart counts as given whole.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cds_hooks.bundles.chart_reading import record_of
from cds_hooks.bundles.ehr import UnusableBundle, resources
from fhir_adapters.facts.facts import condition, medication, newest
from fhir_adapters.readers.unplaced import CAUSES, doubts
from fhir_adapters.record import Availability, PatientRecord
from fhir_adapters.terminology.site import SiteMap
from fhir_adapters.terminology.value_sets import conditions, medication_classes

LISTS = ("conditions", "medications", "vitals")
LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def suspended(record: PatientRecord) -> Iterator[tuple[str, bool]]:
    """Each condition and drug class that is not recorded, and whether that claim is suspended."""
    as_of = newest(record, not_after=LATEST) or datetime(2026, 1, 1, tzinfo=UTC)
    facts = [
        *(condition(record, name, as_of=as_of) for name in conditions()),
        *(medication(record, name, as_of=as_of) for name in medication_classes()),
    ]
    for fact in facts:
        if fact.value is False:
            yield fact.name, any(doubts(fact.notes))


def told(charts: Iterable[Path]) -> Iterator[str]:
    """The shares, and how often each cause stands in the charts, as lines."""
    all_charts = on_charts = all_claims = 0
    names: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    for chart in charts:
        try:
            read = record_of(resources(chart.read_bytes()), SiteMap())
        except UnusableBundle:
            continue
        record = replace(read, availability=dict.fromkeys(LISTS, Availability.ANSWERED))
        claims = list(suspended(record))
        held = [name for name, is_suspended in claims if is_suspended]
        all_charts, all_claims = all_charts + 1, all_claims + len(claims)
        on_charts += bool(held)
        names.update(held)
        causes.update(each.code for each in record.dropped if each.code in CAUSES)
    yield f"{on_charts} of {all_charts} charts have a suspended claim"
    yield f"{names.total()} of {all_claims} claims of absence are suspended"
    yield from (f"  {cause}: {count} entries" for cause, count in causes.most_common())
    yield from (f"  {name}: {count} charts" for name, count in names.most_common(10))


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        print(folder, *told(sorted(Path(folder).rglob("*.json"))), sep="\n")
