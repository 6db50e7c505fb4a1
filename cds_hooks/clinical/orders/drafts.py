"""The drafts of a call as the rules see them: those that can be used, and which are chosen now."""

from dataclasses import replace

from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.hooks import OrderSelectContext
from fhir_adapters.record import DraftOrder


def drafts_of(patient: Assessed) -> tuple[DraftOrder, ...]:
    """Every draft of the call, those too that could not be read.

    On order-select those that were not selected are told apart: they count like the chart.
    """
    context, drafts = patient.context, patient.record.drafts
    if not isinstance(context, OrderSelectContext):
        return drafts
    selected = set(context.selections)
    return tuple(
        replace(each, selected=not selected.isdisjoint((each.reference, each.full_url)))
        for each in drafts
    )


def readable(drafts: tuple[DraftOrder, ...]) -> tuple[DraftOrder, ...]:
    """The drafts of which it is known what they order."""
    return tuple(each for each in drafts if each.unread is None)


def selected(drafts: tuple[DraftOrder, ...]) -> tuple[DraftOrder, ...]:
    """The drafts that a finding may be about."""
    return tuple(each for each in drafts if each.selected)


def of_classes(drafts: tuple[DraftOrder, ...], classes: tuple[str, ...]) -> tuple[DraftOrder, ...]:
    """The drafts that are of one of these drug classes."""
    return tuple(each for each in drafts if each.classes.intersection(classes))
