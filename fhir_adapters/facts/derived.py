"""Measurements that follow from others: body mass index, mean arterial pressure, coma score."""

from dataclasses import dataclass

from fhir_adapters.facts.question import Question, number, preference
from fhir_adapters.record import Measurement, Note, NoteCode


@dataclass(frozen=True, slots=True)
class Derived:
    """A value in the concept's own unit, what it was computed from, and the note that says so."""

    value: float
    basis: tuple[Measurement, ...]
    note: Note


def computed(question: Question, recorded: Measurement | None) -> Derived | None:
    """The concept computed from others that are newer than `recorded`; None if it cannot be."""
    compute = _COMPUTED.get(question.concept.key)
    found = compute(question) if compute else None
    if found is None:
        return None
    newer = recorded is None or all(each.when > recorded.when for each in found.basis)
    return found if newer else None


def _body_mass_index(question: Question) -> Derived | None:
    weight = max(question.about("weight").exact(), key=preference, default=None)
    height = max(question.about("height").exact(), key=preference, default=None)
    if weight is None or height is None:
        return None
    value = number(weight) / (number(height) / 100) ** 2
    note = Note(NoteCode.DERIVED, "computed from weight and height")
    return Derived(round(value, question.concept.precision), (weight, height), note)


def _mean_arterial_pressure(question: Question) -> Derived | None:
    lower = sorted(question.about("dbp").exact(), key=preference)
    diastolic = {each.when: each for each in lower}
    pairs = [each for each in question.about("sbp").exact() if each.when in diastolic]
    systolic = max(pairs, key=preference, default=None)
    if systolic is None:
        return None
    basis = systolic, diastolic[systolic.when]
    value = (number(basis[0]) + 2 * number(basis[1])) / 3
    note = Note(NoteCode.DERIVED, "computed from systolic and diastolic pressure")
    return Derived(round(value, question.concept.precision), basis, note)


_COMA_PARTS = ("gcs_eyes", "gcs_verbal", "gcs_motor")


def _coma_score(question: Question) -> Derived | None:
    """The sum of the three parts of the newest moment at which all three were scored."""
    eyes, *others = [
        {each.when: each for each in sorted(question.about(part).exact(), key=preference)}
        for part in _COMA_PARTS
    ]
    whole = [when for when in eyes if all(when in other for other in others)]
    if not whole:
        return None
    basis = tuple(scored[max(whole)] for scored in (eyes, *others))
    note = Note(NoteCode.DERIVED, "the sum of its three parts")
    return Derived(sum(map(number, basis)), basis, note)


_COMPUTED = {
    "bmi": _body_mass_index,
    "map": _mean_arterial_pressure,
    "gcs_total": _coma_score,
}
