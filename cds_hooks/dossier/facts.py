"""The one source of a model's dossier: what is known of it, and where that is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

import msgspec
from msgspec import UNSET

from cds_hooks.engine.service import Service, services
from cds_hooks.model_registry.gate import Verified
from cds_hooks.model_registry.source_attributes import Attributes, SourceAttribute, of_a_model
from predictors.manifest import Manifest

TO_COMPLETE = "To be completed by the site"
"""Marks whatever only the site can say."""


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hazard, the named rule against it, where that is, and the tests that hold it."""

    hazard: str
    rule: str
    module: str
    tests: tuple[str, ...]


CONTROLS = msgspec.toml.decode(
    files("cds_hooks").joinpath("dossier/controls.toml").read_bytes(),
    type=dict[str, tuple[Control, ...]],
)["control"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the documents are written from."""

    title: str
    attributes: Attributes
    manifest: Manifest
    sha256: str
    software: str
    services: tuple[Service, ...]
    controls: tuple[Control, ...] = CONTROLS

    def said(self, key: str) -> str:
        """An attribute's value, or that it is not available and why."""
        return said(self._attribute(key))

    def known(self, key: str) -> bool:
        """Whether the attribute has a value."""
        return self._attribute(key).value is not UNSET

    @property
    def inputs(self) -> Mapping[str, str]:
        """The unit of each input of the model, by its name."""
        return {each.input: each.unit for each in self.manifest.features}

    def _attribute(self, key: str) -> SourceAttribute:
        return next(each for each in self.attributes.attributes if each.key == key)


def said(attribute: SourceAttribute) -> str:
    """The value, or that it is not available and why."""
    if attribute.value is not UNSET:
        return attribute.value
    return f"Not available: {attribute.not_available}"


def facts(verified: Verified, software: str) -> Facts:
    """The facts of a version that passed the gate; raises ValueError for one that did not."""
    if verified.folder is None or verified.fault:
        raise ValueError(f"the model is not served: {verified.fault or 'it has no folder'}")
    return Facts(
        title=verified.predictor.title,
        attributes=of_a_model(verified.predictor, verified),
        manifest=verified.folder.manifest,
        sha256=verified.folder.sha256,
        software=software,
        services=tuple(_users(verified.predictor.name)),
    )


def _users(model: str) -> Iterator[Service]:
    for service in services().values():
        if any(each.name == model for each in service.uses):
            yield service
