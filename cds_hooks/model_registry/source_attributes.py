"""The source attributes of HTI-1 of what a service uses: 31 of a model, 13 of a score."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from cds_hooks.engine.card_text import label
from cds_hooks.engine.service import Service
from cds_hooks.model_registry.gate import Verified
from predictors.predictor import Kind, Predictor
from predictors.tree_model import model_of

DEVELOPER = "The cds-hooks-server contributors; contact: the project's repository."
NOT_FUNDED = "no funding of this implementation has been declared"
NEVER = "Not used as an input."

HEALTH_STATUS = {"avpu", "gcs_total", "pregnancy", "smoking_status"}
"""The inputs that are health status assessments: of function, cognition, pregnancy, smoking."""


class RequiredAttribute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attribute that the regulation asks for."""

    key: str
    attribute: str
    category: str = ""


class SourceAttribute(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """An attribute with its value, or with the reason why there is none."""

    number: int
    key: str
    attribute: str
    category: str | UnsetType = UNSET
    value: str | UnsetType = UNSET
    not_available: str | UnsetType = UNSET


class Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """All attributes of one predictor, in the regulation's order."""

    name: str
    title: str
    version: str
    kind: Literal["predictive", "evidence-based"]
    attributes: tuple[SourceAttribute, ...]


class SourceAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes of every predictor that a service uses."""

    service: str
    title: str
    predictors: tuple[Attributes, ...]


class CardEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of `card.toml`: a value, or why there is none."""

    value: str = ""
    not_available: str = ""


_ASKED = msgspec.toml.decode(
    files("cds_hooks").joinpath("model_registry/source_attributes.toml").read_bytes(),
    type=dict[str, tuple[RequiredAttribute, ...]],
)
PREDICTIVE, EVIDENCE_BASED = _ASKED["predictive"], _ASKED["evidence_based"]


def source_attributes(service: Service, verified: Mapping[str, Verified]) -> SourceAttributes:
    """The attributes of a service's predictors; of a model those of the version that is active."""
    return SourceAttributes(
        service=service.id,
        title=service.title,
        predictors=tuple(
            of_a_model(each, verified.get(each.name)) if model_of(each) else of_a_score(each)
            for each in service.uses
        ),
    )


def of_a_model(predictor: Predictor, verified: Verified | None) -> Attributes:
    """The 31 attributes of its card; not one of a model that was not verified."""
    if verified is None or verified.folder is None:
        fault = verified.fault if verified else "it was not loaded"
        why = CardEntry(not_available=f"the model is not served: {fault}")
        told: Mapping[str, CardEntry] = {each.key: why for each in PREDICTIVE}
    else:
        predictor, told = verified.predictor, card(verified.folder.card)
    return Attributes(
        name=predictor.name,
        title=predictor.title,
        version=predictor.version,
        kind="predictive",
        attributes=tuple(_attributes(PREDICTIVE, told)),
    )


def card(entries: Mapping[str, object]) -> Mapping[str, CardEntry]:
    """The entries of a `card.toml`; raises msgspec.ValidationError for one that is none."""
    return msgspec.convert(dict(entries), dict[str, CardEntry])


def of_a_score(predictor: Predictor) -> Attributes:
    """The 13 attributes of a published score, as its declaration has them."""
    return Attributes(
        name=predictor.name,
        title=predictor.title,
        version=predictor.version,
        kind="evidence-based",
        attributes=tuple(_attributes(EVIDENCE_BASED, _declared(predictor))),
    )


def _declared(predictor: Predictor) -> Mapping[str, CardEntry]:
    kinds = {each.kind for each in predictor.inputs}
    born = not kinds.isdisjoint({Kind.AGE, Kind.ONSET_AGE})
    unused = ("race", "ethnicity", "language", "sexual_orientation", "gender_identity")
    return {
        "citation": CardEntry(value=f"{predictor.citation} {predictor.url}".strip()),
        "developer": CardEntry(value=DEVELOPER),
        "funding": CardEntry(not_available=NOT_FUNDED),
        "release": CardEntry(value=f"Version of the publication: {predictor.version}."),
        **{key: CardEntry(value=NEVER) for key in (*unused, "social_determinants")},
        "sex": CardEntry(value="Used: sex for clinical use." if Kind.SEX in kinds else NEVER),
        "health_status": CardEntry(value=_health_status(predictor)),
        "date_of_birth": CardEntry(value="Used: the age that follows from it." if born else NEVER),
    }


def _health_status(predictor: Predictor) -> str:
    used = [label(each.name) for each in predictor.inputs if each.name in HEALTH_STATUS]
    return f"Used: {', '.join(used)}." if used else NEVER


def _attributes(
    asked: tuple[RequiredAttribute, ...], told: Mapping[str, CardEntry]
) -> Iterator[SourceAttribute]:
    unsaid = CardEntry(not_available="its card does not say")
    for number, each in enumerate(asked, start=1):
        found = told.get(each.key, unsaid)
        yield SourceAttribute(
            number=number,
            key=each.key,
            attribute=each.attribute,
            category=each.category or UNSET,
            value=found.value or UNSET,
            not_available=found.not_available or UNSET,
        )
