"""Charts with draft orders in few words, and what is said of them."""

from typing import Any

import msgspec

from cds_hooks.clinical.orders.rule_table import RULES
from tests.charts import SNOMED, SUBJECT, ask, order, patient, problem, result

Resource = dict[str, Any]

WHO: dict[str, dict[str, Any]] = {
    "man": {"gender": "male", "birthDate": "1964-01-10"},
    "woman": {"gender": "female", "birthDate": "1992-01-10"},
    "nobody": {"gender": None, "birthDate": "1992-01-10"},
}


OWN_TESTS = {
    *("kidney", "apixaban", "doac-unknown", "mra", "qt", "opioid"),
    *("genotype", "genotype-condition", "genotype-test"),
}
"""Checks whose rules have files of tests of their own, and share a topic where one is told."""


class Case(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, frozen=True):
    """One chart and its drafts; the members are explained at the head of cases.toml."""

    draft: list[str]
    listed: list[str] = msgspec.field(default_factory=list, name="list")
    old: list[str] = []
    problems: list[str] = []
    unplaced: str = ""
    bleeding: str | None = None
    results: dict[str, float] = {}
    allergies: list[str] = []
    who: str = "man"
    expect: str = ""

    def resources(self) -> list[Resource]:
        """The whole chart, drafts included."""
        return [
            patient(**WHO[self.who]),
            *(drug(name, f"l{n}") for n, name in enumerate(self.listed)),
            *(drug(name, f"o{n}", authoredOn="2023-01-05") for n, name in enumerate(self.old)),
            *(recorded(code) for code in self.problems),
            *([in_words_only(self.unplaced)] if self.unplaced else []),
            *(allergy(each, f"a{n}") for n, each in enumerate(self.allergies)),
            *([] if self.bleeding is None else [bleeding(self.bleeding)]),
            *(result(concept, value) for concept, value in self.results.items()),
            *(draft(name, f"d{n}") for n, name in enumerate(self.draft)),
        ]


def drug(name: str, id: str, **fields: Any) -> Resource:
    """An active order of a drug by its name; what stands behind a bar is its instruction."""
    text, _, how = name.partition(" | ")
    made = {"id": id, "medicationCodeableConcept": {"text": text}}
    told = {"dosageInstruction": [{"text": how}]} if how else {}
    return order("", **(made | told | fields))


def draft(name: str, id: str = "103", **fields: Any) -> Resource:
    """The same as a draft."""
    return drug(name, id, status="draft", **fields)


def recorded(code: str) -> Resource:
    """A problem that began this year."""
    return problem(code, onsetDateTime="2026-01-10")


def allergy(told: str, id: str = "a1", **fields: Any) -> Resource:
    """A confirmed allergy by its name; "severe" or "unconfirmed" may stand behind a bar."""
    name, _, how = told.partition(" | ")
    verified = "unconfirmed" if how == "unconfirmed" else "confirmed"
    made = {
        "resourceType": "AllergyIntolerance",
        "id": id,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": verified}]},
        "code": {"text": name},
        "patient": SUBJECT,
        "recordedDate": "2019-05-02",
        "reaction": [{"severity": "severe" if how == "severe" else "mild"}],
    }
    return made | fields


def in_words_only(text: str) -> Resource:
    """A problem under a code that no table holds, with a name that says what it is."""
    coding = {"system": SNOMED, "code": "999999990989121104"}
    return problem("x1") | {"code": {"coding": [coding], "text": text}}


def bleeding(since: str) -> Resource:
    """A bleeding on the problem list, begun on that day; "" for one without a date."""
    return problem("131148009", onsetDateTime=since or None)


def said(case: Case, service: str = "medication-safety", **asked: Any) -> dict[str, Resource]:
    """The cards by their topic."""
    answer = ask(service, *case.resources(), **asked)
    return {topic_of(card): card for card in answer["cards"]}


def topic_of(card: Resource) -> str:
    """A card's topic without the prefix that all share and without the draft's own digest."""
    code: str = card["source"]["topic"]["code"]
    return code.removeprefix("MedicationSafety").partition("X")[0]


def topic(rule: str) -> str:
    """The topic of a rule's card."""
    return RULES[rule].topic
