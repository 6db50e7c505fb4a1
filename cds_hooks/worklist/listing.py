"""The worklist as people read it: who is first, and of each patient why now or why not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cds_hooks.worklist.benefit import reviewed_now
from cds_hooks.worklist.candidates import AssessedRisk, Candidate
from cds_hooks.worklist.planning import Plan, Review
from cds_hooks.worklist.site import Site
from cds_hooks.worklist.steps import first_hour, may_review, skills_for

Place: TypeAlias = Literal["critical", "planned", "not assessed", "not planned"]
"""Where a patient stands: above the plan, in it, without a risk, or with one but not in it."""

MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One patient of the list: where, when and by whom, and why.

    `hour` is the first planned hour from now, None where none is planned. `also` are the further
    planned hours. `why` are sentences; `notes` say what is not known.
    """

    candidate: Candidate
    place: Place
    hour: int | None
    team: str
    also: tuple[int, ...]
    benefit: float
    why: tuple[str, ...]
    notes: tuple[str, ...]


def entries(candidates: Sequence[Candidate], site: Site, plan: Plan) -> list[Entry]:
    """Everyone, once: critical first, then by hour and benefit, then who is not assessed."""
    planned: dict[int, list[Review]] = {}
    for each in plan.reviews:
        planned.setdefault(each.candidate, []).append(each)
    told = _Told(candidates, site, plan)
    made = [told.entry(number, planned.get(number, [])) for number in range(len(candidates))]
    return sorted(made, key=_rank)


PLACES: tuple[Place, ...] = ("critical", "planned", "not assessed", "not planned")


def _rank(entry: Entry) -> tuple[int, int, float, float, str]:
    hour = -1 if entry.hour is None else entry.hour
    risk = max((each.risk or 0.0 for each in entry.candidate.risks), default=0.0)
    first = PLACES.index(entry.place)
    return first, hour, -entry.benefit, -risk, entry.candidate.patient


class _Told:
    """What the sentences of all patients need."""

    def __init__(self, candidates: Sequence[Candidate], site: Site, plan: Plan) -> None:
        self.candidates, self.site, self.plan = candidates, site, plan
        self.may = may_review(candidates, site)
        self.free = first_hour(candidates, site).tolist()
        self.least = _least(plan)
        self.now = reviewed_now(candidates, site).tolist()

    def entry(self, number: int, reviews: list[Review]) -> Entry:
        candidate = self.candidates[number]
        return Entry(
            candidate,
            self._place(candidate, reviews),
            reviews[0].hour if reviews else None,
            reviews[0].team if reviews else "",
            tuple(each.hour for each in reviews[1:]),
            sum(each.benefit for each in reviews),
            tuple(self._why(number, reviews)),
            tuple(_notes(candidate, self.site)),
        )

    def _place(self, candidate: Candidate, reviews: list[Review]) -> Place:
        if candidate.critical:
            return "critical"
        if reviews:
            return "planned"
        return "not planned" if _assessed(candidate, self.site) else "not assessed"

    def _why(self, number: int, reviews: list[Review]) -> Iterator[str]:
        candidate = self.candidates[number]
        if candidate.critical:
            yield f"Now, outside the plan: {'; '.join(candidate.critical)}."
        yield from (_risk(each, self.site) for each in _assessed(candidate, self.site))
        if reviews:
            yield from self._why_planned(number, reviews[0])
        elif not candidate.critical:
            yield self._why_not(number)
        if number in self.plan.overdue:
            longest = self.site.maximum_interval
            yield f"Overdue: no review can be planned within {longest} hours of the last one."

    def _why_planned(self, number: int, review: Review) -> Iterator[str]:
        candidate = self.candidates[number]
        when = "now" if review.hour == 0 else f"in {_hours(review.hour)}"
        since = (
            "no earlier review is known"
            if review.gap is None
            else f"{_hours(review.gap)} after the last review"
        )
        planned = f"Planned {when} by team {review.team}, {since}"
        yield f"{planned}: expected benefit {_worth(review.benefit)}."
        if review.hour and self.free[number]:
            shortest = _hours(self.site.minimum_interval)
            yield f"Not now: the last review was less than {shortest} ago."
        elif review.hour:
            yield f"Now it would be {_worth(self.now[number])}."
        if self._due(candidate):
            longest = _hours(self.site.maximum_interval)
            yield f"The longest interval of {longest} ends within the planned hours."

    def _due(self, candidate: Candidate) -> bool:
        longest, ago = self.site.maximum_interval, candidate.reviewed
        return bool(longest) and ago is not None and longest - ago < self.site.hours

    def _why_not(self, number: int) -> str:
        candidate = self.candidates[number]
        if not _assessed(candidate, self.site):
            return "Not assessed: no risk is known, so none is compared. That is not a low risk."
        if not self.may[number].any():
            return f"No team may review here: {_needed(candidate, self.site)}."
        if self.free[number] >= self.site.hours:
            shortest = _hours(self.site.minimum_interval)
            return f"Not planned: reviewed less than {shortest} ago for all planned hours."
        if self.least is None:
            return "Not planned: there is no capacity in the planned hours."
        return (
            "Not planned: the capacity goes to reviews of a greater expected benefit; the least of"
            f" them: {_worth(self.least)}."
        )


def _worth(benefit: float) -> str:
    """In events found in time, each times what the site says that it is worth."""
    return f"{100 * benefit:.2g} events found in time (by their worth) in 100 such reviews"


def _least(plan: Plan) -> float | None:
    return min((each.benefit for each in plan.reviews), default=None)


def _assessed(candidate: Candidate, site: Site) -> list[AssessedRisk]:
    """The risks that are known of services whose reviews the site values."""
    return [
        each for each in candidate.risks if each.risk is not None and each.service in site.services
    ]


def _risk(each: AssessedRisk, site: Site) -> str:
    horizon = _hours(site.services[each.service].horizon)
    reasons = ", ".join(each.reasons[:MOST_REASONS])
    told = f"{each.outcome or each.service}: {100 * (each.risk or 0):.2g} % within {horizon}"
    return f"{told} ({reasons})." if reasons else f"{told}."


def _notes(candidate: Candidate, site: Site) -> Iterator[str]:
    for name in site.services:
        each = candidate.of(name)
        if each is None:
            yield f"{name}: not assessed (the input has no row of it)."
        elif each.risk is None:
            lacking = f" (missing: {', '.join(each.missing)})" if each.missing else ""
            yield f"{name}: not assessed{lacking}."
    yield from (f"The input: {each}." for each in candidate.faults)


def _needed(candidate: Candidate, site: Site) -> str:
    skills = ", ".join(sorted(skills_for(candidate, site))) or "none"
    return f"skills needed {skills}, place {candidate.location or 'not given'}"


def _hours(hours: float) -> str:
    return "1 hour" if hours == 1 else f"{hours:.3g} hours"
