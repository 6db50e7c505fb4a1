"""Laboratory results of a breast cancer that are no inputs of the model, shown beside its risk.

What each paper says of a result is reviewed data: `breast_markers.toml`.
"""

import math
from collections.abc import Mapping, Sequence
from importlib.resources import files

import msgspec

from cds_hooks.engine.card_text import detail, escape, measured, source, timed
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Card
from fhir_adapters.facts.facts import Fact, State
from fhir_adapters.terminology import value_sets
from predictors.predictor import Input, Kind

MARKERS = (
    Input("oncotype_dx", Kind.VALUE, "{score}", required=False),
    Input("mammaprint", Kind.VALUE, "{score}", required=False),
    Input("her2_status", Kind.CODE, required=False),
    Input("ki67", Kind.VALUE, "%", required=False),
    Input("brca1_variant", Kind.CODE, required=False),
    Input("brca2_variant", Kind.CODE, required=False),
)
"""What is read; none of it changes the risk."""

SHORT = {
    "oncotype_dx": "Oncotype DX",
    "mammaprint": "MammaPrint",
    "her2_status": "HER2",
    "ki67": "Ki-67",
    "brca1_variant": "BRCA1",
    "brca2_variant": "BRCA2",
}
NO_INPUTS = "_None of these results changes the model's risk: none is its input._"


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a source says of a result: of numbers `from` to `to`, both included, or of a code."""

    text: str
    source: str
    code: str = ""
    low: float = msgspec.field(name="from", default=math.inf)
    high: float = msgspec.field(name="to", default=-math.inf)

    def holds(self, value: object) -> bool:
        """Whether the result is one of those."""
        if isinstance(value, int | float):
            return self.low <= value <= self.high
        return bool(self.code) and value == self.code


SAID: Mapping[str, tuple[Said, ...]] = msgspec.toml.decode(
    files("cds_hooks.clinical").joinpath("breast_markers.toml").read_bytes(),
    type=dict[str, tuple[Said, ...]],
)


def markers_card(patient: Assessed) -> Card | None:
    """A card about the results that the chart holds; None if it holds none."""
    facts = [patient.fact(each.name) for each in MARKERS]
    known = [fact for fact in facts if fact.value is not None]
    if not known:
        return None
    head = "| Result | Value | Time | What its source says |"
    table = "\n".join([head, "|---|---|---|---|", *map(_row, known)])
    found = ", ".join(f"{SHORT[fact.name]} {measured(fact)}" for fact in known)
    cited = dict.fromkeys(each.source for fact in known if (each := said(fact)))
    return Card(
        summary=f"Breast cancer laboratory: {found}",
        indicator="info",
        source=source("Laboratory results beside the risk", topic="BreastCancerLaboratory"),
        detail=detail(
            table, lacking(facts), NO_INPUTS, closing=f"Sources: {escape('; '.join(cited))}."
        ),
    )


def said(fact: Fact) -> Said | None:
    """What is said of that result; None where a bound leaves it open, or nothing is."""
    if fact.bound or fact.alternatives:
        return None
    return next((each for each in SAID[fact.name] if each.holds(fact.value)), None)


def _row(fact: Fact) -> str:
    found = said(fact)
    text = found.text if found else "not interpreted"
    cells = (value_sets.label(fact.name), measured(fact), timed(fact), text)
    return "| " + " | ".join(cells) + " |"


def lacking(facts: Sequence[Fact]) -> str:
    """Which results have no value, those that were not given to us apart."""
    without = [fact for fact in facts if fact.value is None]
    unknown = [each for each in without if each.alternatives or each.state is State.NOT_GIVEN]
    none = [each for each in without if each not in unknown]
    groups = (("No usable result of", none), ("Unknown", unknown))
    return " ".join(
        f"{head}: {', '.join(SHORT[each.name] for each in some)}." for head, some in groups if some
    )
