"""What each service is and reads, as the Markdown of `docs/services.md`, from its declaration."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from math import isfinite

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.prefetch_templates import COUNTS
from cds_hooks.engine.service import Service, services
from cds_hooks.settings.settings import Settings
from fhir_adapters.terminology import condition_codes, queries, value_sets
from fhir_adapters.terminology.tables import rows
from predictors.predictor import Input, Kind, Predictor
from predictors.tree_model import model_of

INTRODUCTION = """\
# Services

<!-- Written by `python -m cds_hooks.docgen.services > docs/services.md`. -->

Research use; not a medical device. Whether a service is on, a site says for each of them in
`cds.toml`: `off` (not announced, and 404), `silent` (evaluates and records, and answers without a
card), `shadow` (the same with the model versions that the site [tries](models.md)) or `live`.

```toml
[services.lab-safety]
mode = "silent"
```

A time-critical alarm is a medical device in the eyes of the FDA and under the EU's MDR: a service
of that kind is off outside the demo until the site, which answers for that, turns it on.

A measurement counts only if it is not older than its look-back. The codes of conditions and drugs
are in [`fhir_adapters/data`](../fhir_adapters/data); a site adds [its own](extend.md).
"""

SYSTEMS = {
    "loinc": "LOINC",
    "npu": "NPU",
    "gtr": "NCBI GTR",
    "ichom-molecular": "ICHOM molecular profiling",
    "snomed": "SNOMED CT",
    "icd10": "ICD-10",
    "icd9": "ICD-9-CM",
    "atc": "ATC",
    "rxnorm": "RxNorm",
    "name": "by name",
}

SCORES = ("Score or model, version", "For whom", "Discrimination", "Source")
INPUTS = ("Input", "What is taken", "Unit", "Look-back", "Codes")

_TAKEN = {
    Kind.AGE: "completed years",
    Kind.SEX: "for clinical use",
    Kind.VALUE: "newest value",
    Kind.SERIES: "all values",
    Kind.CODE: "newest answer",
    Kind.CONDITION: "recorded or not",
    Kind.MEDICATION: "on the list or not",
    Kind.ALLERGY: "each that is not over",
    Kind.ENCOUNTER: "from the encounters",
    Kind.ONSET_AGE: "age at onset",
    Kind.SETTING: "the site's choice",
    Kind.STATED: "no chart holds it",
}
_KEYS = ["patient", *COUNTS, ""]
_YEAR = timedelta(days=366)
_rows = cache(rows)


def document(described: Iterable[Service]) -> str:
    """The whole document."""
    return "\n".join([INTRODUCTION, *map(section, described)])


def section(service: Service) -> str:
    """One service: what it is, for whom, and what it reads."""
    parts = [
        f"## {service.title} (`{service.id}`)",
        service.description,
        "\n".join(f"- **{name}**: {text}" for name, text in _declared(service)),
        _table(SCORES, map(score, service.uses)),
        _table(INPUTS, inputs(service)),
        _prefetch(service),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _declared(service: Service) -> Iterator[tuple[str, str]]:
    yield "Hook", f"`{service.hook}`"
    yield from facts(service)


def look_back(duration: timedelta) -> str:
    """A look-back in words, in the greatest unit that it is a whole number of."""
    for unit, word in ((_YEAR, "year"), (timedelta(days=1), "day"), (timedelta(hours=1), "hour")):
        if duration % unit == timedelta(0):
            count = duration // unit
            return f"{count} {word}" + ("" if count == 1 else "s")
    return str(duration)


def facts(service: Service) -> Iterator[tuple[str, str]]:
    """What the service is and for whom: names, and Markdown of one line."""
    ages = f"{service.youngest} years or older"
    if service.oldest < 130:
        ages = f"{service.youngest} to {service.oldest} years"
    with_it = f"; {_label(service.eligible)} on the chart" if service.eligible else ""
    yield "For whom", ages + with_it
    if service.excluded:
        yield "Not where recorded", ", ".join(map(_label, service.excluded))
    if service.gathers:
        yield "Gathers", "the cards of all other services that are live"
    yield "Usage", service.usage_requirements
    yield "Cannot begin without", ", ".join(f"`{key}`" for key in sorted(service.required))
    if service.thresholds:
        named = ", ".join(f"`{key}`" for key in sorted(service.thresholds))
        yield "Thresholds that a site may set", named
    off = "`off` until the site turns it on (`live` in the demo)"
    yield "Default mode", off if service.off_by_default else "`live`"


def score(predictor: Predictor) -> tuple[str, ...]:
    """The cells of SCORES of one predictor, in Markdown."""
    name = f"{predictor.title}, {predictor.version}"
    within = ""
    if isfinite(predictor.within_hours):
        within = f" Measurements within {look_back(timedelta(hours=predictor.within_hours))}."
    source = f"[{predictor.citation}]({predictor.url})"
    return name, predictor.population + within, _discrimination(predictor), source


def _discrimination(predictor: Predictor) -> str:
    if model_of(predictor):
        return "measured in its validation"
    return predictor.discrimination or "no published figure is given here"


def inputs(service: Service) -> Iterator[tuple[str, ...]]:
    """The cells of INPUTS, in Markdown, a row for what is asked in one way.

    An exclusion is a condition like any other.
    """
    described = {_input(declared): _order(declared) for declared in service.inputs}
    yield from sorted(described, key=lambda row: (described[row], row))


def _order(declared: Input) -> int:
    return _KEYS.index(queries.cadence_of(declared.name))


def _input(declared: Input) -> tuple[str, ...]:
    name, taken, look = declared.name, _TAKEN[declared.kind], ""
    if declared.visits > 1:
        taken = f"mean of {declared.visits} visits"
    if declared.derived_by is not None:
        taken = f"{declared.derived_by.title}, else as reported"
    if concept := value_sets.concepts().get(name):
        within = concept.chronic if declared.window == "chronic" else concept.acute
        own = _YEAR * declared.years + timedelta(hours=declared.hours)
        look = look_back(own or within)
    unit = f"`{declared.unit}`" if declared.unit not in ("", "a") else ""
    return declared.label or _label(name), taken, unit, look, _read_from(name)


def _label(name: str) -> str:
    try:
        return value_sets.label(name)
    except KeyError:
        return f"`{name}`"


def _read_from(name: str) -> str:
    """The codes that it is found by; where it may be read from others, theirs as well."""
    sources = {_label(each): _codes(each) for each in queries.read_from(name)}
    own = sources.pop(_label(name))
    return "; ".join(filter(None, (own, *(f"{each}: {codes}" for each, codes in sources.items()))))


def _codes(name: str) -> str:
    """The codes of a concept; of conditions and drug classes how many there are."""
    if name in value_sets.concepts():
        by_system: defaultdict[str, list[str]] = defaultdict(list)
        for system, code in value_sets.codes_of(name):
            by_system[system].append(code)
        listed = (f"{SYSTEMS[each]} {', '.join(by_system[each])}" for each in by_system)
        return "; ".join(listed) or "the site's own"
    counted = Counter(_systems_of(name.removesuffix("_onset_age")))
    return ", ".join(f"{number} {SYSTEMS[system]}" for system, number in sorted(counted.items()))


def _systems_of(name: str) -> Iterator[str]:
    yield from (system for system, _ in condition_codes.condition_codes_of(name))
    yield from (row["system"] for row in _rows("medications") if row["class"] == name)


def _prefetch(service: Service) -> str:
    asked = [f"{key}: {query}" for key, query in offered(service, Settings()).templates.items()]
    return "\n".join(("Prefetch templates:", "", "```text", *asked, "```"))


def _table(head: tuple[str, ...], body: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in body]
    divider = "|" + "---|" * len(head)
    return "\n".join([f"| {' | '.join(head)} |", divider, *lines]) if lines else ""


if __name__ == "__main__":
    print(document(services().values()), end="")
