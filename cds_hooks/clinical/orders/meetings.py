"""What a draft meets: another draft, or a drug that the chart certainly or perhaps lists."""

from dataclasses import dataclass
from textwrap import shorten

from cds_hooks.clinical.orders.drafts import of_classes
from cds_hooks.engine.card_text import escape, label
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder, NoteCode, RecordedMedication

LONGEST_NAME = 40


def named(text: str) -> str:
    """A drug as it was sent, short enough for a summary."""
    return shorten(escape(text), LONGEST_NAME, placeholder=" …") or "a draft"


@dataclass(frozen=True, slots=True)
class Met:
    """A drug that is there beside the draft: its name, where it stands, and whether for certain.

    `code` is that by which it was found; `as_needed` is whether it is taken only as needed.
    """

    name: str
    reason: str
    code: str = ""
    certain: bool = True
    as_needed: bool = False


def met(
    patient: Assessed,
    drafts: tuple[DraftOrder, ...],
    classes: tuple[str, ...],
    *,
    beside: DraftOrder,
) -> tuple[Met, ...]:
    """The drugs of these classes that are there beside a draft, other drafts before the chart."""
    others = (each for each in of_classes(drafts, classes) if each is not beside)
    return (*map(_draft, others), *_listed(patient, classes))


def perhaps_met(patient: Assessed, classes: tuple[str, ...]) -> Met | None:
    """A drug of these classes that may be on the list: too old, on hold, or not to be placed."""
    for name in classes:
        fact = patient.fact(name)
        stale = bool(fact.basis) and not patient.recorded(name)
        if stale or patient.perhaps(name):
            told = patient.doubt(name) or "the entry could not be placed"
            return Met(label(name), f"{label(name)} may be on the list: {told}", certain=False)
    return None


def _draft(draft: DraftOrder) -> Met:
    name = named(draft.name)
    return Met(name, f"{name} is another draft", code=draft.code, as_needed=draft.regimen.as_needed)


def _listed(patient: Assessed, classes: tuple[str, ...]) -> tuple[Met, ...]:
    found: dict[str, Met] = {}
    for name in classes:
        if patient.recorded(name):
            for each in patient.fact(name).basis:
                if isinstance(each, RecordedMedication):
                    found.setdefault(each.source.reference, _on_the_list(each, name))
    return tuple(found.values())


def _on_the_list(medication: RecordedMedication, of: str) -> Met:
    name = named(medication.name or label(of))
    since = f", ordered {medication.authored.text[:10]}" if medication.authored else ""
    as_needed = any(note.code is NoteCode.AS_NEEDED for note in medication.notes)
    reason = f"On the list: {name}{since}"
    return Met(name, reason, code=medication.source.code, as_needed=as_needed)
