"""Prefetch templates from declared inputs: the FHIR queries that an EHR is asked to run."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from cds_hooks.settings.settings import Settings
from fhir_adapters.terminology import queries
from predictors.predictor import Input

COUNTS: Mapping[str, int] = {
    # Each cadence has a page of its own, so that frequent results cannot crowd out rare ones.
    "vitals": 200,
    "acute-labs": 200,
    "renal-labs": 100,
    "slow-labs": 100,
    "conditions": 300,
    "procedures": 300,
    "devices": 100,
    "medications": 200,
    "allergies": 100,
    "encounters": 100,
}

HOURLY_COUNT = 1000
"""How many results a page may have where a model reads every hour: more, servers seldom give."""

_COUNT = re.compile(r"[?&]_count=(\d+)")


def templates(inputs: Iterable[Input], settings: Settings) -> dict[str, str]:
    """The prefetch templates, by key, that ask for these inputs; always for the Patient as well."""
    asked: dict[str, set[Input]] = {"patient": set()}
    for declared in inputs:
        for source in queries.read_from(declared.name):
            for cadence in queries.cadences_of(source):
                asked.setdefault(cadence, set()).add(declared)
    return {
        key: queries.template(
            key,
            sorted({declared.name for declared in asked[key]}),
            count=_page(key, asked[key]),
            site=settings.site_map,
        )
        for key in sorted(asked, key=["patient", *COUNTS].index)
    }


def _page(key: str, asked: set[Input]) -> int:
    return HOURLY_COUNT if any(each.hours for each in asked) else COUNTS.get(key, 0)


@lru_cache(maxsize=1024)
def page_length(template: str) -> int:
    """How many entries a page of the template's answer may have; 0 for any number."""
    found = _COUNT.search(template)
    return int(found[1]) if found else 0
