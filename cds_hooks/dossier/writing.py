"""The dossier as files: pages that print, and the model card as XML."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from cds_hooks.dossier import facts as telling
from cds_hooks.dossier.facts import Facts
from cds_hooks.dossier.model_card import inputs, model_card, model_type

PAGES: Mapping[str, str] = {
    "source-attributes": "Source attributes, 45 CFR 170.315(b)(11)",
    "technical-file": "Technical documentation, a skeleton by Annex IV of the EU AI Act",
    "change-control-plan": "Predetermined change control plan, draft",
    "post-market-plan": "Post-market monitoring plan, draft",
    "impact-assessment": "Data protection impact assessment, template",
    "trace": "Hazards, rules and tests: a trace",
}
CARD = "chai-model-card.xml"


def documents(facts: Facts) -> Mapping[str, bytes]:
    """Every file of the dossier by its name."""
    environment = Environment(
        loader=PackageLoader("cds_hooks.dossier"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "facts": facts,
        "site": telling.TO_COMPLETE,
        "told": telling.said,
        "model_type": model_type(facts.manifest),
        "inputs": inputs(facts),
        "pages": PAGES,
        "card": CARD,
    }
    made = {
        f"{name}.html": environment.get_template(f"{name}.html").render(title=title).encode()
        for name, title in {**PAGES, "index": "Dossier"}.items()
    }
    return {**made, CARD: model_card(facts)}


def write(facts: Facts, folder: Path) -> tuple[Path, ...]:
    """Writes the dossier into the folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in documents(facts).items():
        (folder / name).write_bytes(content)
        paths.append(folder / name)
    return tuple(paths)
