"""The page of one service: its declaration, models with their validation, source attributes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cds_hooks.docgen.services import facts, inputs, score
from cds_hooks.engine.card_text import percent
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import Service
from cds_hooks.model_registry.gate import Verified, site_folder
from cds_hooks.model_registry.source_attributes import SourceAttributes, source_attributes
from cds_hooks.model_registry.versions import chosen
from cds_hooks.settings.settings import Settings
from predictors import validation_report
from predictors.manifest import Manifest, Threshold
from predictors.predictor import Predictor
from predictors.tree_model import model_of
from predictors.tree_text import Damaged
from predictors.validation_report import FOLDER, Table, ValidationReport

HEADLINES = ("AUROC", "Harrell's C", "calibration slope", "observed / expected")
"""The measures that are shown large."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model as it is served: its manifest, or the fault for which it is not.

    `site` is the site's own threshold by name; `folder` is that of the version.
    """

    predictor: Predictor
    version: str
    fault: str
    manifest: Manifest | None
    report: ValidationReport | None
    folder: Path | None
    site: Mapping[str, float]

    @property
    def headlines(self) -> tuple[tuple[str, str, str], ...]:
        """Measures of the validation: name, value, interval."""
        measures = _rows(self.report, "Measures")
        found = [(name, value) for name, value in measures if name in HEADLINES]
        first = next((each.name for each in self.manifest.thresholds), "") if self.manifest else ""
        for name, _, sensitivity, _, ppv, *_ in _rows(self.report, "At thresholds"):
            if name == first:
                found += [(f"PPV at “{name}”", ppv), (f"sensitivity at “{name}”", sensitivity)]
        return tuple((name, *_parted(value)) for name, value in found)

    @property
    def thresholds(self) -> Table | None:
        """What each of the model's thresholds meant in development, and the site's own."""
        if self.manifest is None:
            return None
        columns = (
            "Threshold",
            "Card from a risk of",
            "Sensitivity",
            "PPV",
            "To evaluate",
            "Alerts",
        )
        rows = tuple(_threshold(each, self.site) for each in self.manifest.thresholds)
        return Table("Thresholds", "", columns, rows)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the page of a service tells."""

    service: Service
    mode: str
    facts: tuple[tuple[str, str], ...]
    scores: tuple[tuple[str, ...], ...]
    inputs: tuple[tuple[str, ...], ...]
    prefetch: Mapping[str, str]
    trained: tuple[Trained, ...]
    attributes: SourceAttributes

    @property
    def validity(self) -> tuple[tuple[str, str], ...]:
        """What a model's card says of its validity, where there is none that there is none."""
        return tuple(
            (told.attribute, told.value or f"Not available: {told.not_available}.")
            for each in self.attributes.predictors
            for told in each.attributes
            if told.key in ("internal_validity", "external_validity")
        )

    @property
    def limits(self) -> tuple[tuple[str, str], ...]:
        """Of each model what it is not for, and what is known to be wrong with it."""
        return tuple(
            (told.attribute, str(told.value or ""))
            for each in self.attributes.predictors
            for told in each.attributes
            if told.key in ("cautioned_use", "known_risks") and told.value
        )


def page_of(service: Service, settings: Settings, active: Mapping[str, Verified]) -> Page:
    """The page of a service at this site; of a model the version that is active."""
    return Page(
        service=service,
        mode=service.mode(settings),
        facts=tuple(facts(service)),
        scores=tuple(map(score, service.uses)),
        inputs=tuple(inputs(service)),
        prefetch=offered(service, settings).templates,
        trained=tuple(trained(service, settings, active)),
        attributes=source_attributes(service, active),
    )


def trained(
    service: Service, settings: Settings, active: Mapping[str, Verified]
) -> Iterator[Trained]:
    """The trained models that the service uses."""
    own = settings.of(service.id).thresholds
    for predictor in filter(model_of, service.uses):
        found = active.get(predictor.name)
        manifest = found.folder.manifest if found and found.folder else None
        folder = _folder(predictor, settings) if manifest else None
        yield Trained(
            predictor=found.predictor if found else predictor,
            version=found.version if found else "",
            fault=found.fault if found else "it was not loaded",
            manifest=manifest,
            report=_report(folder, manifest) if folder and manifest else None,
            folder=folder,
            site=own,
        )


def picture(model: Trained, file: str) -> bytes | None:
    """The SVG of that name, if it is one of the model's validation."""
    named = {each.file for each in model.report.pictures} if model.report else set()
    if model.folder is None or file not in named:
        return None
    return (model.folder / FOLDER / Path(file).name).read_bytes()


def _folder(predictor: Predictor, settings: Settings) -> Path | None:
    try:
        source = chosen(predictor, site_folder(settings.models))
    except Damaged:
        return None
    return source.folder if source else None


def _report(folder: Path, manifest: Manifest) -> ValidationReport | None:
    try:
        return validation_report.read(folder, manifest)
    except msgspec.MsgspecError:
        return None


def _rows(report: ValidationReport | None, title: str) -> tuple[tuple[str, ...], ...]:
    table = report.table(title) if report else None
    return table.rows if table else ()


def _threshold(each: Threshold, site: Mapping[str, float]) -> tuple[str, ...]:
    own = site.get(each.name)
    shown_from = percent(each.risk) if own is None else f"{percent(own)} (this site's own)"
    if own is not None and own != each.risk:
        return each.name, shown_from, "not known", "not known", "not known", "not known"
    return (
        each.name,
        shown_from,
        percent(each.sensitivity),
        percent(each.ppv),
        f"{each.nne:.1f} for one true",
        f"{each.alerts_per_100:.1f} per 100",
    )


def _parted(value: str) -> tuple[str, str]:
    """A value and its interval, of such as "0.783 (0.765 to 0.803)"."""
    number, _, interval = value.partition(" (")
    return number, interval.removesuffix(")")
