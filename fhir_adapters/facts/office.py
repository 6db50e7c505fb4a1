"""Blood pressure of the office: what was measured at home or in a hospital stay is apart.

A home pressure has limits of its own, and one of an acute illness says nothing of later years.
"""

from collections.abc import Iterable

from fhir_adapters.facts.question import Question
from fhir_adapters.readers.ordinary import BLOOD_PRESSURE
from fhir_adapters.record import Measurement, Note, NoteCode, RecordedEncounter

_ACUTE = frozenset({"inpatient", "emergency"})


def of_the_office(
    question: Question, measurements: Iterable[Measurement]
) -> tuple[list[Measurement], tuple[Note, ...]]:
    """The measurements that count as the office's, and how many do not; all of another concept."""
    found = list(measurements)
    if question.concept.key not in BLOOD_PRESSURE:
        return found, ()
    stays = [each for each in question.record.encounters if each.setting in _ACUTE]
    office = [each for each in found if not _at_home(each) and not _in_a_stay(each, stays)]
    left_out = len(found) - len(office)
    if not left_out:
        return office, ()
    text = f"{left_out} measured at home or in a hospital stay left out"
    return office, (Note(NoteCode.ESTIMATED, text),)


def _at_home(measurement: Measurement) -> bool:
    return any(note.code is NoteCode.SELF_REPORTED for note in measurement.notes)


def _in_a_stay(measurement: Measurement, stays: Iterable[RecordedEncounter]) -> bool:
    return any(_covers(stay, measurement) for stay in stays)


def _covers(stay: RecordedEncounter, measurement: Measurement) -> bool:
    when = measurement.when
    if stay.began is None or when.latest < stay.began.earliest:
        return False
    return stay.open or (stay.ended is not None and when.earliest <= stay.ended.latest)
