"""The FHIR searches, as prefetch templates, that bring what facts are read from."""

from collections.abc import Iterable, Iterator
from functools import cache
from urllib.parse import quote

from fhir_adapters.terminology.site import SiteMap
from fhir_adapters.terminology.value_sets import (
    codes_of,
    concepts,
    conditions,
    encounter_facts,
    medication_classes,
    narrower,
    panels_of,
)

_READ_FROM = {
    "bmi": ("bmi", "weight", "height"),
    "map": ("map", "sbp", "dbp"),
    "pregnancy": ("pregnancy", "pregnancy_status", "pregnancy_test"),
    "avpu": ("avpu", "gcs_total", "gcs_eyes", "gcs_verbal", "gcs_motor", "peep"),
    "gcs_total": ("gcs_total", "gcs_eyes", "gcs_verbal", "gcs_motor"),
}
_SEARCHES = {
    "conditions": "Condition?patient={{context.patientId}}",
    "encounters": "Encounter?patient={{context.patientId}}&_sort=-date",
    "medications": "MedicationRequest?patient={{context.patientId}}&status=active",
    "procedures": "Procedure?patient={{context.patientId}}&_sort=-date",
    "devices": "Device?patient={{context.patientId}}",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}",
}
_NO_CODES_OF_ITS_OWN = SiteMap()


def cadence_of(name: str) -> str:
    """The prefetch key that holds what a fact is read from; "" for what is not in the chart."""
    if name in ("age", "sex"):
        return "patient"
    if name.removesuffix("_onset_age") in conditions():
        return "conditions"
    if name in medication_classes():
        return "medications"
    if name == "allergies":
        return name
    if name in encounter_facts():
        return "encounters"
    concept = concepts().get(name)
    return concept.cadence if concept else ""


@cache
def cadences_of(name: str) -> tuple[str, ...]:
    """Every prefetch key that holds what a fact is read from: of some conditions several."""
    keys = [cadence_of(name)]
    if name in conditions():
        for narrow in sorted(narrower(frozenset({name}))):
            keys += conditions()[narrow].also_in
    return tuple(dict.fromkeys(filter(None, keys)))


def read_from(name: str) -> tuple[str, ...]:
    """The names, itself among them, whose data a fact may be read from."""
    concept = concepts().get(name)
    return _READ_FROM.get(name, (name, *concept.includes) if concept else (name,))


def template(
    cadence: str, names: Iterable[str], *, count: int, site: SiteMap = _NO_CODES_OF_ITS_OWN
) -> str:
    """The prefetch template of a key: of Observations those that the facts of these names need.

    `count` is how many results a page may have; names of other keys are left out. Observations are
    asked for by the codes that we know and by the site's own.
    """
    if cadence == "patient":
        return "Patient/{{context.patientId}}"
    if cadence in _SEARCHES:
        return f"{_SEARCHES[cadence]}&_count={count}"
    needed = dict.fromkeys(each for name in names for each in read_from(name))
    codes = dict.fromkeys(
        code for name in needed if cadence_of(name) == cadence for code in _codes(name, site)
    )
    patient = "Observation?patient={{context.patientId}}"
    return f"{patient}&code={','.join(codes)}&_sort=-date&_count={count}"


def _codes(name: str, site: SiteMap) -> Iterator[str]:
    """A code search does not look into components, so the panels that hold them come too."""
    yield from panels_of(name)
    yield from (code for _, code in codes_of(name))
    yield from (quote(code, safe="") for (_, code), named in site.codes.items() if named == name)
