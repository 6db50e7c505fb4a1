"""Reports what is read from a chart, what is not and why, and what is invalid FHIR in it."""

from collections.abc import Iterable, Iterator
from textwrap import indent

from cds_hooks.bundles.chart_reading import Line, Section, record_of, sections
from cds_hooks.bundles.ehr import resources
from cds_hooks.bundles.fhir_search import Resource
from cds_hooks.bundles.r4b import problems
from cds_hooks.commands.terminal import plain
from fhir_adapters.terminology.site import SiteMap


def report(bundle: bytes, site: SiteMap) -> str:
    """The whole report on a Bundle, read with a site's map, in sections; raises UnusableBundle."""
    held = resources(bundle)
    told = sections(record_of(held, site), held)
    invalid = Section("Not valid FHIR R4B", tuple(_invalid(held)))
    return plain("\n\n".join(map(_section, (*told, invalid))))


def _section(section: Section) -> str:
    written = "\n".join(map(_text, section.lines)) or "none"
    return f"{section.title} ({len(section.lines)})\n{indent(written, '  ')}"


def _text(line: Line) -> str:
    notes = f"({line.notes})" if line.notes else ""
    return "  ".join(filter(None, (line.what, line.about, line.when, line.source, notes)))


def _invalid(held: Iterable[Resource]) -> Iterator[Line]:
    for resource in held:
        for problem in problems(resource):
            yield Line(f"{resource['resourceType']}/{resource.get('id', '?')}", about=problem)
