"""Small wards for the tests of the worklist."""

from cds_hooks.worklist.candidates import AssessedRisk, Candidate
from cds_hooks.worklist.site import Site, from_tables

SEPSIS = "sepsis-risk"


def person(
    patient: str, risk: float | None, reviewed: float | None = None, **more: object
) -> Candidate:
    """Someone with that risk of sepsis, reviewed so many hours ago."""
    return Candidate(patient, (AssessedRisk(SEPSIS, "sepsis", risk=risk),), reviewed, **more)  # type: ignore[arg-type]


def site(an_hour: int = 1, **more: object) -> Site:
    """One team of so many reviews an hour, with what else is stated."""
    return from_tables({"teams": {"review": {"an_hour": an_hour}}, **more})
