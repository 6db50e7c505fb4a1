"""What a diagnosis or procedure code records: conditions, a course, a relative's disease.

Codes are read from `condition_codes.csv`, in which an ICD category stands for all codes below it,
and from the reviewed tables of published value sets, code by code. Charts name the same codes again
and again, so what the latest ones record is remembered.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain

from fhir_adapters.terminology.reviewed import condition_groups, decisions
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import prefixes, wider

_ICD = frozenset({"icd10", "icd9"})


def _icd(code: str) -> str:
    return code.replace(".", "").replace(" ", "").upper()


def _index(table: Iterable[Mapping[str, str]], match: str) -> dict[tuple[str, str], frozenset[str]]:
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in table:
        if row["match"] == match:
            code = _icd(row["code"]) if row["system"] in _ICD else row["code"]
            found[row["system"], code].add(row["concept"])
    return {key: frozenset(keys) for key, keys in found.items()}


_CONDITION_CODES = rows("condition_codes")
_EXACT = _index(_CONDITION_CODES, "exact")
_PREFIX = _index(_CONDITION_CODES, "prefix")
_EXCLUDE = _index(_CONDITION_CODES, "exclude")


def _national(system: str, code: str) -> tuple[str, str]:
    text = code.strip()
    if system == "sks":  # a Danish diagnosis is "D" and the WHO code
        return "icd10", _icd(text).removeprefix("D")
    return (system, _icd(text)) if system in _ICD else (system, text)


def _by_prefix(
    index: Mapping[tuple[str, str], frozenset[str]], system: str, code: str
) -> frozenset[str]:
    return frozenset().union(*(index.get((system, part), frozenset()) for part in prefixes(code)))


def _reviewed() -> tuple[Mapping[tuple[str, str], frozenset[str]], Mapping[tuple[str, str], str]]:
    """What each reviewed code that is taken means, and the standing of those that have one."""
    meanings: defaultdict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    standings: dict[tuple[str, str], str] = {}
    for each in chain.from_iterable(map(decisions, condition_groups())):
        if each.taken:
            key = _national(each.system, each.code)
            meanings[key] |= each.meaning
            if each.standing:
                standings[key] = each.standing
    return dict(meanings), standings


_REVIEWED, _STANDINGS = _reviewed()


@lru_cache(maxsize=8192)
def conditions_by(system: str, code: str) -> frozenset[str]:
    """The conditions a SNOMED CT, ICD-10, ICD-9-CM or SKS code records, wider ones included."""
    reviewed = _REVIEWED.get(_national(system, code), frozenset())
    return conditions_listed(system, code) | wider(reviewed)


def conditions_listed(system: str, code: str) -> frozenset[str]:
    """The conditions a code records by `condition_codes.csv` alone, wider concepts included."""
    system, code = _national(system, code)
    found = _EXACT.get((system, code), frozenset()) | _by_prefix(_PREFIX, system, code)
    return wider(found - _by_prefix(_EXCLUDE, system, code))


def condition_codes_of(name: str) -> frozenset[tuple[str, str]]:
    """The (system, code) pairs, and ICD-10 categories, that record a condition."""
    listed = {
        (row["system"], row["code"])
        for row in _CONDITION_CODES
        if row["match"] != "exclude" and name in wider(frozenset({row["concept"]}))
    }
    return frozenset(listed).union(key for key, met in _REVIEWED.items() if name in wider(met))


@lru_cache(maxsize=8192)
def standing_by(system: str, code: str) -> str:
    """What a code says of the course of a disease: "history", "resolved" or, mostly, ""."""
    return _STANDINGS.get(_national(system, code), "")


_CONTEXT = rows("context_codes")


@lru_cache(maxsize=8192)
def _in_context(context: str, system: str, code: str) -> bool:
    system, code = _national(system, code)
    return any(
        row["context"] == context
        and row["system"] == system
        and (code == row["code"] or (row["match"] == "prefix" and code.startswith(row["code"])))
        for row in _CONTEXT
    )


def is_family_history(system: str, code: str) -> bool:
    """Whether a code says that a relative, not the patient, had the disease."""
    return _in_context("family-history", system, code)


def is_suspicion(system: str, code: str) -> bool:
    """Whether a code says that what stands beside it is only suspected."""
    return _in_context("suspected", system, code)


def is_no_known_problem(system: str, code: str) -> bool:
    """Whether a code says that the patient has no problem at all."""
    return _in_context("no-known-problem", system, code)
