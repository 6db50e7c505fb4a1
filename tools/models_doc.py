"""Writes what `cds-hooks validate` finds of each model into docs/models.md and beside the model.

`make models-doc DATA=path` runs it; a model whose data are not there keeps its section.
"""

import subprocess
import sys
from pathlib import Path

PAGE = Path("docs/models.md")
COMMAND = Path(sys.executable).with_name("cds-hooks")
VALIDATIONS = {
    "sepsis-risk": ("--format", "cinc2019", "--as-developed"),
    "icu-mortality-risk": ("--format", "physionet2012", "--as-developed"),
    "readmission-risk": ("--format", "diabetes130", "--held-out"),
    "breast-cancer-recurrence": ("--format", "gbsg"),
}
"""How each model is validated, beside where the data are."""


def section(model: str, options: tuple[str, ...], data: str) -> str | None:
    """The command and what it printed; None if it failed."""
    needed = [] if model == "breast-cancer-recurrence" else ["--data", data]
    folder = f"predictors/models/{model.replace('-', '_')}"
    command = [str(COMMAND), "validate", model, *options, *needed, "--publish", folder]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return None
    shown = " ".join(["cds-hooks validate", model, *options, *(["--data ..."] if needed else [])])
    return f"`{shown}`\n\n{done.stdout}"


def replaced(page: str, model: str, made: str) -> str:
    """The page with that in the model's section."""
    mark = f"<!-- validation {model} -->\n"
    before, _, after = page.partition(mark)
    return f"{before}{mark}{made}\n{after[after.index('<!-- end -->') :]}"


def main() -> None:
    """Replaces each section between its marks; fails naming those that were left as they were."""
    text, failed = PAGE.read_text(encoding="utf-8"), []
    for model, options in VALIDATIONS.items():
        if (made := section(model, options, sys.argv[1])) is None:
            failed.append(model)
        else:
            text = replaced(text, model, made)
    PAGE.write_text(text, encoding="utf-8")
    if failed:
        sys.exit(f"left as they were: {', '.join(failed)}")


if __name__ == "__main__":
    main()
