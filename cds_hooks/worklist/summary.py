"""What is said of a whole list: how it was planned, how far from the best, and what is not kept."""

from collections import Counter
from collections.abc import Iterator, Sequence

from cds_hooks.worklist.listing import Entry
from cds_hooks.worklist.planning import Plan
from cds_hooks.worklist.site import Site

RESEARCH = "Research use; not a medical device. It proposes an order and hides no one."


def summary(listed: Sequence[Entry], site: Site, plan: Plan, *, nameless: int) -> Iterator[str]:
    """Sentences, what calls for attention first."""
    places = Counter(each.place for each in listed)
    if nameless:
        rows = "1 row" if nameless == 1 else f"{nameless} rows"
        yield f"{rows} of the input without a patient's name can be in no list: check the input."
    yield (
        f"{len(listed)} patients: {places['critical']} with a life-threatening finding, who stand"
        f" above the plan and use none of its capacity; {places['planned']} planned;"
        f" {places['not assessed']} not assessed; {places['not planned']} not planned."
    )
    reviews = sum(1 for _ in plan.reviews)
    yield (
        f"{reviews} reviews in {site.hours} hours, expected benefit {plan.benefit:.3g} events found"
        f" in time (by their worth). {_method(plan)}"
    )
    yield from _pruned(plan)
    if plan.overdue:
        yield (
            f"{len(plan.overdue)} patients cannot be reviewed within {site.maximum_interval} hours"
            " of their last review: the capacity is too small for that rule."
        )
    for group, lacking in plan.short:
        yield f"The floor of group {group} is not kept: {lacking:.1f} reviews are lacking."
    if site.fairness.floor:
        yield f"Floor of {site.fairness.floor:g} for each group, because: {site.fairness.basis}"


def _method(plan: Plan) -> str:
    if plan.fallback:
        return f"Planned hour by hour, not optimised: {plan.fallback}."
    took = f"in {plan.seconds:.1f} s"
    if plan.proven:
        return f"HiGHS found the best plan {took}."
    if plan.bound is None:
        return f"HiGHS found this plan {took}; how far it is from the best is not known."
    return f"HiGHS found this plan {took}; no plan exceeds a benefit of {plan.bound:.3g}."


def _pruned(plan: Plan) -> Iterator[str]:
    if plan.pruned.candidates:
        yield (
            f"{plan.pruned.candidates} patients of the least benefit were left out of the"
            f" optimisation, which loses {plan.pruned.loss:.3g} of the benefit at the most."
        )
