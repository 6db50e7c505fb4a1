"""Whether a service is for this patient, and whether anyone waits for what was not computed."""

from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import Service
from fhir_adapters.facts.facts import Fact, State
from fhir_adapters.record import NoteCode
from fhir_adapters.terminology import value_sets
from predictors.predictor import Kind, Problem, Reason, Refusal


def ruled_out(service: Service, patient: Assessed) -> Reason | None:
    """Why the service says nothing of this patient; None if it may.

    What cannot wait is told of a patient without a Patient resource too: the age is then not known.
    """
    person = patient.record.person
    if person is None and not (service.acute or service.gathers):
        return Reason("patient", Problem.MISSING, "no Patient was given")
    if person is not None and person.deceased:
        return Reason("patient", Problem.NOT_APPLICABLE, "the patient is deceased")
    if not service.any_age and _not_of_age(service, patient.fact("age")):
        return _not_for_the_age(service)
    if service.eligible and not patient.recorded(service.eligible):
        text = f"{value_sets.label(service.eligible)}: no active record"
        return Reason(service.eligible, Problem.NOT_APPLICABLE, text)
    for name in service.excluded:
        if patient.recorded(name):
            text = f"not applicable: {value_sets.label(name)} is recorded"
            return Reason(name, Problem.NOT_APPLICABLE, text)
    return None


def beyond_age(service: Service, patient: Assessed) -> Reason | None:
    """Why the thresholds may not be those of the patient's age; None if they are.

    The age is not known, or not one that the service is for. One for every age has nothing to tell.
    """
    age = patient.fact("age")
    if _not_of_age(service, age):
        return _not_for_the_age(service)
    if age.value is not None or age.alternatives or not service.youngest:
        return None
    why = "; ".join(note.text for note in age.notes) or "no birth date was given"
    return Reason("age", Problem.MISSING, f"the age is not known: {why}")


def listed(patient: Assessed, condition: str) -> Reason | None:
    """Why the problem list may hold the condition, whether active, past or suspected; else None.

    A list that may go on, or has an entry that could not be read, may hold it.
    """
    fact, name = patient.fact(condition), value_sets.label(condition)
    if patient.recorded(condition):
        return Reason(condition, Problem.NOT_APPLICABLE, f"{name} is recorded")
    if not fact.alternatives and not fact.notes:
        return None
    why = "; ".join(note.text for note in fact.notes) or "the problem list was not given"
    return Reason(condition, Problem.TOO_UNCERTAIN, f"{name} may be recorded: {why}")


def expected(service: Service, patient: Assessed, refusal: Refusal) -> bool:
    """Whether a result was expected that could not be computed.

    It was if something of it is there but cannot be used, or was not given, or if a single input is
    lacking. A chart that was not measured for it lately stays quiet, and so does a predictor that
    does not apply.
    """
    problems = {reason.problem for reason in refusal.reasons}
    inputs = {reason.input for reason in refusal.reasons}
    if Problem.NOT_APPLICABLE in problems or "age" in inputs:
        return False
    predictor = next((each for each in service.uses if each.name == refusal.predictor), None)
    if predictor is None:
        return False
    measured = [each for each in predictor.inputs if each.kind is Kind.VALUE]
    lacking = [patient.read(each) for each in measured if each.name in inputs]
    answers = [each for each in predictor.inputs if each.kind is Kind.CODE and each.name in inputs]
    unread = any(unusable(patient.read(each)) for each in answers)
    return unread or any(map(unusable, lacking)) or (len(lacking) == 1 < len(measured))


def unusable(fact: Fact) -> bool:
    """Whether something of a lacking fact may be there that cannot be used, or was not given."""
    remarks = {note.code for note in fact.notes} - {NoteCode.STALE}
    return fact.state is not State.NO_RECORD or bool(remarks)


def _not_for_the_age(service: Service) -> Reason:
    text = f"this service is for ages {service.youngest} to {service.oldest}"
    return Reason("age", Problem.NOT_APPLICABLE, text)


def _not_of_age(service: Service, age: Fact) -> bool:
    years = [y for y in age.alternatives or (age.value,) if isinstance(y, int | float)]
    return bool(years) and all(not service.youngest <= y <= service.oldest for y in years)
