"""Writes what `cds-hooks validate` finds of each model into docs/models.md and beside the model.

`make models-doc DATA=path` runs it (MODELS="readmission-risk" for one of them); a model whose data
are not there keeps its section.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PAGE = Path("docs/models.md")
COMMAND = Path(sys.executable).with_name("cds-hooks")
READMISSION = (
    ("--format", "diabetes130", "--held-out"),
    ("--format", "diabetes130", "--as-developed"),
)
VALIDATIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "sepsis-risk": (("--format", "cinc2019", "--as-developed"),),
    "icu-mortality-risk": (("--format", "physionet2012", "--as-developed"),),
    "readmission-risk": READMISSION,
    "readmission-risk-planned": READMISSION,
    "serious-illness-mortality": (
        ("--format", "support2", "--held-out"),
        ("--format", "support2", "--as-developed"),
    ),
    "breast-cancer-recurrence": (("--format", "gbsg"), ("--format", "gbsg", "--as-developed")),
}
"""How each model is validated, beside where the data are; the first is published beside it."""

IN_A_PACKAGE = {"breast-cancer-recurrence"}
CHALLENGED = {"breast-cancer-recurrence"}
"""Models whose other form is fitted first, and stands beside the first validation."""

SEQUENCE = "sepsis-risk-challenger"
"""The section of what training the sequence model says of it in hospital B; it needs torch."""


def section(model: str, data: str) -> str | None:
    """The commands and what they printed; None if one failed."""
    if model == SEQUENCE:
        return compared(data)
    needed = [] if model in IN_A_PACKAGE else ["--data", data]
    with TemporaryDirectory() as site:
        beside = challenger(model, needed, Path(site)) if model in CHALLENGED else []
        first, *others = VALIDATIONS[model]
        folder = f"predictors/models/{model.replace('-', '_')}"
        told = [printed(model, first, [*needed, *beside, "--publish", folder])]
        told += [printed(model, options, needed) for options in others]
    return None if None in told else "\n".join(filter(None, told))


def compared(data: str) -> str | None:
    """What training the challenger of sepsis printed; None if it failed."""
    command = ["train", "sepsis-risk", "--challenger", "--data"]
    with TemporaryDirectory() as site:
        told = run([*command, data, "--out", str(Path(site) / "challenger")])
    return told and f"`cds-hooks {' '.join(command)} ... --out ...`\n\n```\n{told}```"


def challenger(model: str, data: list[str], site: Path) -> list[str]:
    """Fits the model's other form as a version of a site; the options that put it beside."""
    run(["train", model, *data, "--challenger", "--out", str(site / model / "challenger")])
    config = site / "cds.toml"
    config.write_text(f'[models]\nfolder = "{site}"\n', encoding="utf-8")
    return ["--beside", "challenger", "--config", str(config)]


def printed(model: str, options: tuple[str, ...], where: list[str]) -> str | None:
    """One command as a person types it, and what it printed; None if it failed."""
    told = run(["validate", model, *options, *where])
    beside = ["--beside challenger"] if "--beside" in where else []
    shown = [*options, *beside, *(["--data ..."] if "--data" in where else [])]
    return told and f"`{' '.join(['cds-hooks validate', model, *shown])}`\n\n{told}"


def run(command: list[str]) -> str | None:
    """What the command printed; None if it failed."""
    done = subprocess.run([str(COMMAND), *command], stdout=subprocess.PIPE, text=True, check=False)
    return None if done.returncode else done.stdout


def replaced(page: str, model: str, made: str) -> str:
    """The page with that in the model's section."""
    mark = f"<!-- validation {model} -->\n"
    before, _, after = page.partition(mark)
    return f"{before}{mark}{made}\n{after[after.index('<!-- end -->') :]}"


def main() -> None:
    """Replaces each section between its marks; fails naming those that were left as they were."""
    text, failed = PAGE.read_text(encoding="utf-8"), []
    for model in sys.argv[2:] or [*VALIDATIONS, SEQUENCE]:
        if (made := section(model, sys.argv[1])) is None:
            failed.append(model)
        else:
            text = replaced(text, model, made)
    PAGE.write_text(text, encoding="utf-8")
    if failed:
        sys.exit(f"left as they were: {', '.join(failed)}")


if __name__ == "__main__":
    main()
