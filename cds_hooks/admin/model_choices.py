"""The versions of each trained model, and what may be chosen: which is active, which is tried."""

from dataclasses import dataclass

from cds_hooks.model_registry.gate import site_folder, verified
from cds_hooks.model_registry.versions import (
    SHIPPED,
    ModelVersion,
    Role,
    activate,
    chosen,
    trained_version,
    versions,
)
from cds_hooks.protocol.errors import BadRequest
from cds_hooks.settings.models import ModelSettings
from predictors.catalogue import tree_models
from predictors.predictor import Predictor
from predictors.tree_text import Damaged

NO_CHALLENGER = "challenger none"
"""What is chosen to end a trial."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """One model: its versions with what training called them, the active one and the tried one."""

    name: str
    title: str
    versions: tuple[tuple[str, str], ...]
    active: str
    challenger: str

    def before(self, choice: str) -> str:
        """What holds now in place of that choice, in the same words."""
        role = choice.partition(" ")[0]
        return f"{role} {(self.active if role == 'active' else self.challenger) or 'none'}"

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """What may be chosen, as the form sends it and as a person reads it."""
        others = [version for version, _ in self.versions if version != self.active]
        made = [(f"active {each}", f"activate {each}") for each in others]
        made += [
            (f"challenger {each}", f"shadow {each} beside {self.active}")
            for each in others
            if each != self.challenger
        ]
        end = [(NO_CHALLENGER, f"end the trial of {self.challenger}")] if self.challenger else []
        return tuple(made + end)


def model_choices(settings: ModelSettings) -> tuple[ModelChoice, ...]:
    """Every trained model with its versions."""
    site = site_folder(settings)
    return tuple(
        ModelChoice(
            name,
            predictor.title,
            tuple((each.version, trained_version(each)) for each in versions(predictor, site)),
            _in_role(predictor, settings, "active"),
            _in_role(predictor, settings, "challenger"),
        )
        for name, predictor in tree_models().items()
    )


def require_servable(name: str, choice: str, settings: ModelSettings) -> None:
    """Raises BadRequest unless there is such a version and it passes the gate."""
    if site_folder(settings) is None:
        raise BadRequest("the site has no folder of its own versions: [models] folder")
    if choice == NO_CHALLENGER:
        return
    (found,) = verified([_source(name, choice, settings)], settings)
    if found.fault:
        raise BadRequest(f"that version must not be served: {found.fault}")


def point_at(name: str, choice: str, settings: ModelSettings) -> None:
    """Points the role at that version, for servers from their next start or reload on."""
    site = site_folder(settings)
    if site is None:
        raise BadRequest("the site has no folder of its own versions: [models] folder")
    if choice == NO_CHALLENGER:
        current = chosen(tree_models()[name], site)
        # A challenger that is the active version as well is none.
        activate(current or _source(name, f"active {SHIPPED}", settings), site, "challenger")
        return
    role: Role = "active" if choice.startswith("active ") else "challenger"
    activate(_source(name, choice, settings), site, role)


def _source(name: str, choice: str, settings: ModelSettings) -> ModelVersion:
    role, _, version = choice.partition(" ")
    there = {each.version: each for each in versions(tree_models()[name], site_folder(settings))}
    if role not in ("active", "challenger") or version not in there:
        raise BadRequest("there is no such version of that model")
    return there[version]


def _in_role(predictor: Predictor, settings: ModelSettings, role: Role) -> str:
    try:
        found = chosen(predictor, site_folder(settings), role)
    except Damaged:
        return ""
    return found.version if found else ""
