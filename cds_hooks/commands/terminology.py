"""`cds-hooks terminology`: what the code tables cover, and what a site's own release adds."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from cds_hooks.commands.options import FILE

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
"""A folder that is there."""


GROUPS = ("GROUP", "SYSTEM", "CODES", "TAKEN", "LEFT OUT", "UNDECIDED", "REASONS")
CONCEPTS = ("CONCEPT", "SYSTEM", "TAKEN")


@click.group()
def terminology() -> None:
    """Show what the tables of codes cover, and add a site's own SNOMED CT release."""


@terminology.command()
@click.option("--published", type=FILE, help="A CSV of published value sets to compare with.")
def coverage(published: Path | None) -> None:
    """Count the codes of the published value sets that are taken, and why others are left out.

    With --published, a CSV with the columns set, system and code, every code of it that no review
    has decided on is counted and named; the exit code is then 1 if there is one.
    """
    # The tables are read where they are asked for: the other commands start without them.
    from fhir_adapters.terminology.coverage import covered, taken_by_concept, undecided

    open_codes = undecided(published) if published else ()
    click.echo(_table(GROUPS, covered(open_codes)))
    click.echo(f"\n{_table(CONCEPTS, taken_by_concept())}")
    if open_codes:
        named = ", ".join(f"{each.system} {each.code}" for each in open_codes[:20])
        raise click.ClickException(f"{len(open_codes)} codes are not decided on: {named}")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    listed = [head, *rows]
    widths = [max(len(row[place]) for row in listed) for place in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in listed)


@terminology.command()
@click.option("--rf2", type=FOLDER, required=True, help="The folder of a SNOMED CT release.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="snomed-codes.csv",
    show_default=True,
    help="The file to write.",
)
def compile(rf2: Path, output: Path) -> None:
    """Add what stands below our codes in a site's own SNOMED CT release.

    Reads the snapshot files Relationship and Description of the release and writes a file for
    `[site] snomed_codes`. It holds content of SNOMED CT under the site's own licence.
    """
    from fhir_adapters.terminology.rf2 import NotARelease, children, descendants, names, release
    from fhir_adapters.terminology.site_codes import written

    try:
        found = release(rf2)
        with click.progressbar(length=found.size, label="Reading", file=sys.stderr) as bar:
            codes = descendants(children(found, bar.update))
            told = names(found, frozenset(codes), bar.update)
    except NotARelease as error:
        raise click.ClickException(str(error)) from None
    output.write_text(written(codes, told, effective=found.effective), encoding="utf-8")
    click.echo(f"{output}: {len(codes)} codes of the release of {found.effective}.")
