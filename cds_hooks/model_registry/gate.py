"""Verification of a model before it may answer: hash, structure, trial in a child process."""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import msgspec
import structlog

from cds_hooks.engine.model_set import Models
from cds_hooks.engine.service import on_for_anyone
from cds_hooks.model_registry.trial import Trial, Verdict, remedy
from cds_hooks.model_registry.verdicts import Verdicts, verdicts
from cds_hooks.model_registry.versions import ModelVersion, Role, chosen
from cds_hooks.settings.models import ModelSettings
from cds_hooks.settings.settings import Settings
from predictors import model_folder
from predictors.model_folder import ModelFolder
from predictors.predictor import Predictor
from predictors.tree_model import loaded, model_of, read_model, unavailable
from predictors.tree_text import Damaged

TRIAL = """
import sys
sys.path[:] = sys.argv[1:]
from cds_hooks.model_registry.trial import main
main()
"""
"""The child imports from where this process does, wherever both are started."""

log = structlog.get_logger("cds_hooks")


@dataclass(frozen=True, slots=True)
class Verified:
    """One version of a model after the gate: its predictor answers, or refuses for the fault."""

    predictor: Predictor
    version: str
    folder: ModelFolder | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """The models of the services that a site has on, and which of them may answer."""

    active: Mapping[str, Verified]
    challengers: Mapping[str, Verified]

    @property
    def models(self) -> Models:
        """What services assess with; a challenger with a fault is as good as none."""
        sound = {name: each for name, each in self.challengers.items() if not each.fault}
        return Models(_predictors(self.active), _predictors(sound))

    @property
    def faults(self) -> Mapping[str, str]:
        """Why those that may not answer may not, by name."""
        return {name: each.fault for name, each in self.active.items() if each.fault}


def open_gate(settings: Settings) -> Gate:
    """Verifies and loads the models of every service that is not off, and logs those that fail.

    Where no such service uses trees LightGBM is not even imported.
    """
    gate = gate_of(used(settings), settings.models)
    for each in (*gate.active.values(), *gate.challengers.values()):
        if each.fault:
            name, version = each.predictor.name, each.version
            log.error("model unavailable", model=name, version=version, reason=each.fault)
    return gate


def gate_of(predictors: Sequence[Predictor], settings: ModelSettings) -> Gate:
    """The same of those models alone, without a log."""
    return Gate(
        active=_verified_as("active", predictors, settings),
        challengers=_verified_as("challenger", predictors, settings),
    )


def used(settings: Settings) -> tuple[Predictor, ...]:
    """The trained models of the services that the site has not turned off."""
    asked = (each for service in on_for_anyone(settings) for each in service.uses)
    return tuple({each.name: each for each in asked if model_of(each)}.values())


def _verified_as(
    role: Role, predictors: Iterable[Predictor], settings: ModelSettings
) -> Mapping[str, Verified]:
    sources, lost = [], []
    for predictor in predictors:
        try:
            source = chosen(predictor, site_folder(settings), role)
        except Damaged as damage:
            lost.append(_refused(predictor, "", str(damage)))
        else:
            sources += [source] if source else []
    found = verified(sources, settings)
    return {each.predictor.name: each for each in (*found, *lost)}


def site_folder(settings: ModelSettings) -> Path | None:
    """Where the site's versions lie; None if it has none."""
    return Path(settings.folder) if settings.folder else None


def verified(
    sources: Sequence[ModelVersion], settings: ModelSettings, *, anew: bool = False
) -> tuple[Verified, ...]:
    """Holds each version against its hash, its structure and its golden rows, and loads it.

    The golden rows are tried only of those that are not known to have passed, or of all `anew`.
    """
    held = [_held(source) for source in sources]
    sound = [each for each in held if isinstance(each, ModelFolder)]
    faults = _faults_of(
        sound, Verdicts(None) if anew else verdicts(settings), settings.patience_seconds
    )
    return tuple(
        _refused(source.predictor, source.version, str(each))
        if isinstance(each, Damaged)
        else _loaded(source, each, faults.get(each.sha256, ""))
        for source, each in zip(sources, held, strict=True)
    )


def _held(source: ModelVersion) -> ModelFolder | Damaged:
    try:
        folder = model_folder.read(source.folder, source.pin)
        model_folder.check(folder, source.predictor)
    except Damaged as damage:
        return damage
    return folder


def _loaded(source: ModelVersion, folder: ModelFolder, fault: str) -> Verified:
    if fault:
        return _refused(source.predictor, source.version, fault)
    try:
        model = read_model(folder.text)
    except (ImportError, OSError) as error:
        return _refused(source.predictor, source.version, remedy(error))
    predictor = loaded(source.predictor, model, folder.manifest)
    return Verified(predictor, source.version, folder)


def _refused(predictor: Predictor, version: str, fault: str) -> Verified:
    said = f"{predictor.title} is unavailable: {fault}"
    return Verified(unavailable(predictor, said), version, fault=fault)


def _faults_of(folders: Sequence[ModelFolder], kept: Verdicts, seconds: float) -> Mapping[str, str]:
    """Why those that failed their trial did, by the hash of their manifest."""
    passed = kept.passed([each.sha256 for each in folders])
    new = {each.sha256: each for each in folders if each.sha256 not in passed}
    trials = [Trial(each.text, each.manifest.golden) for each in new.values()]
    told = dict(zip(new, trial_faults(trials, seconds=seconds), strict=True))
    kept.keep([sha256 for sha256, fault in told.items() if not fault])
    return told


def trial_faults(trials: Sequence[Trial], *, seconds: float) -> Iterator[str]:
    """What each trial found, in order; one that ends the child is told by that."""
    until = monotonic() + seconds
    while trials:
        verdicts, end = _tried_in_a_child(trials, max(0.0, until - monotonic()))
        yield from (each.fault for each in verdicts)
        trials = trials[len(verdicts) :]
        if trials:
            yield end
            trials = trials[1:]


def _tried_in_a_child(trials: Sequence[Trial], seconds: float) -> tuple[list[Verdict], str]:
    """The verdicts until the child ended, and how it ended."""
    sent = msgspec.json.encode(trials)
    try:
        child = subprocess.run(  # noqa: S603 - this interpreter, with arguments that are ours
            [sys.executable, "-c", TRIAL, *sys.path],
            input=sent,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as late:
        return _read(late.stdout or b""), "verifying it took too long"
    return _read(child.stdout), f"trying it ended the process ({_ended(child.returncode)})"


def _ended(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _read(lines: bytes) -> list[Verdict]:
    """The whole lines that are verdicts; LightGBM writes there as well."""
    found = [line for line in lines.split(b"\n")[:-1] if line.startswith(b"{")]
    return [msgspec.json.decode(line, type=Verdict) for line in found]


def _predictors(verified: Mapping[str, Verified]) -> Mapping[str, Predictor]:
    return {name: each.predictor for name, each in verified.items()}
