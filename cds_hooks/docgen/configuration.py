"""Every key of `cds.toml`, as the tables of `docs/configuration.md`, from the settings."""

import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT
from msgspec import inspect as types

from cds_hooks.settings.settings import Settings

PAGE = Path("docs/configuration.md")
BEGIN, END = "<!-- settings: python -m cds_hooks.docgen.configuration -->\n", "<!-- end -->\n"
HEAD = ("key", "values", "default", "meaning")

NAMED_BY = {"services": "ID", "clients": "NAME"}
"""What stands for the name of one of several tables."""

READ_MORE = {
    "site_map": "extend.md#teach-the-adapters-a-local-code",
    "store": "operations.md#store",
    "fatigue": "operations.md#alert-fatigue",
    "models": "models.md",
    "fetch": "operations.md#fetching-from-the-ehr",
    "server": "operations.md#serving",
    "limits": "operations.md#limits",
    "metrics": "operations.md#metrics",
    "tracing": "operations.md#traces",
    "admin": "admin.md",
    "services.ID": "services.md",
    "clients.NAME": "connect.md",
    "clients.NAME.smart": "smart.md",
}
"""Where there is more about a table."""

EXAMPLES = {
    "site_map": """\
[site_map]
zone = "Europe/Oslo"
codes = { "urn:lab" = { CREA = "creatinine" } }
condition_codes = { "urn:dx" = { AF = "atrial_fibrillation" } }
medication_codes = { "urn:drug" = { ATO20 = "statin" } }
units = { "mikromol/l" = "umol/L" }
text_codes = { "P-Kreatinin" = "creatinine" }
locations = { "Location/MICU" = "intensive_care" }
""",
    "services.ID": """\
[services.lab-safety]
mode = "silent"
thresholds = { potassium-high = 6.0 }
""",
    "clients.NAME.fhir_servers": """\
[[clients.north.fhir_servers]]
base = "https://fhir.north.example/r4"
private = true
ca_file = "hospital-ca.pem"
""",
}
"""Tables whose form is not obvious, with clients that are called `north`."""

Tables: TypeAlias = types.StructType | types.DataclassType


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of table of the file: its path, its heading, and what it may hold."""

    path: str
    heading: str
    kind: Tables


def reference() -> str:
    """Every section with its keys, in Markdown."""
    found = sections()
    return "\n\n".join(_told(each, found) for each in found) + "\n"


def sections() -> tuple[Section, ...]:
    """The tables that there are, the file's own keys first; one that comes twice is there once."""
    return tuple(
        _sections(Section("", "Before any table", _tables(types.type_info(Settings))), set())
    )


def rewritten(page: str) -> str:
    """The page with the reference between its marks; raises ValueError if they are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page has no marks for the settings")
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


def _sections(section: Section, seen: set[type]) -> Iterator[Section]:
    seen.add(section.kind.cls)
    yield section
    for field in section.kind.fields:
        if (inner := _inner(section, field)) and inner.kind.cls not in seen:
            yield from _sections(inner, seen)


def _inner(section: Section, field: types.Field) -> Section | None:
    """The tables that a key holds, if it holds any."""
    kind, path = _bare(field.type), ".".join(filter(None, (section.path, field.name)))
    if isinstance(kind, Tables):
        return Section(path, f"`[{path}]`", kind)
    if isinstance(kind, types.DictType) and isinstance(kind.value_type, Tables):
        path = f"{path}.{NAMED_BY[field.name]}"
        return Section(path, f"`[{path}]`", kind.value_type)
    if isinstance(kind, types.VarTupleType) and isinstance(kind.item_type, Tables):
        return Section(path, f"`[[{path}]]`", kind.item_type)
    return None


def _told(section: Section, among: tuple[Section, ...]) -> str:
    more, example = READ_MORE.get(section.path), EXAMPLES.get(section.path)
    prose = inspect.getdoc(section.kind.cls) if section.path else None
    parts = (
        f"### {section.heading}",
        f"{prose} More: [{more.partition('#')[0]}]({more})." if prose and more else prose,
        f"```toml\n{example}```" if example else None,
        "\n".join(_table(section, among)),
    )
    return "\n\n".join(filter(None, parts))


def _table(section: Section, among: tuple[Section, ...]) -> Iterator[str]:
    yield _row(HEAD)
    yield "|" + "---|" * len(HEAD)
    hints = get_type_hints(section.kind.cls, include_extras=True)
    for field in section.kind.fields:
        # What has no description is a section of its own, or chosen on the command line.
        if text := _description(field.type):
            inner = _inner(section, field)
            held = _as_held(inner, among) if inner else values(field.type, hints[field.name])
            yield _row((f"`{field.name}`", held, default(field), text))


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _as_held(inner: Section, among: tuple[Section, ...]) -> str:
    (same,) = (each for each in among if each.kind.cls is inner.kind.cls)
    if same.path == inner.path:
        return inner.heading
    return f"{inner.heading}, as {same.heading}"


def values(kind: types.Type, hint: Any) -> str:
    """What a key may hold, within which limits; `hint` is the type as it was written."""
    match _bare(kind):
        case types.BoolType():
            return "`true` or `false`"
        case types.IntType() as number:
            return f"whole number{_limits(number)}"
        case types.FloatType() as number:
            return f"number{_limits(number)}"
        case types.LiteralType():
            return ", ".join(f"`{each}`" for each in _choices(hint))
        case types.VarTupleType() as listed:
            return f"list of {_several(listed.item_type, hint)}"
        case types.DictType(key_type=types.TupleType()):
            return "a table for each system"
        case types.DictType() as table:
            return f"table of {_several(table.value_type, hint)}"
    return "text"


def _several(kind: types.Type, hint: Any) -> str:
    one = values(kind, hint)
    return f"{one}s" if one in ("text", "number") else one


def _choices(hint: Any) -> tuple[str, ...]:
    """The values of the Literal in a type, in their own order, which msgspec does not keep."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    return next(filter(None, map(_choices, get_args(hint))), ())


def _limits(number: types.IntType | types.FloatType) -> str:
    least, most = number.ge if number.gt is None else number.gt, number.le
    if least is None:
        return ""
    if most is None:
        return f", {least:,} or more" if number.gt is None else f", more than {least:,}"
    return f", {least:,} to {most:,}" if number.gt is None else f", above {least:,} to {most:,}"


def default(field: types.Field) -> str:
    """What holds unless the key is there, as it is written; "" for nothing."""
    if field.required:
        return "needed"
    made = field.default_factory() if field.default is NODEFAULT else field.default
    if isinstance(made, int) and not isinstance(made, bool):
        return f"`{made:_}`"
    return "" if made in (None, "") else f"`{_written(made)}`"


def _written(value: Any) -> str:
    plain = dict(value) if isinstance(value, Mapping) else value
    return json.dumps(plain, default=str)


def _description(kind: types.Type) -> str:
    if isinstance(kind, types.Metadata):
        return str((kind.extra_json_schema or {}).get("description", "")) or _description(kind.type)
    return ""


def _bare(kind: types.Type) -> types.Type:
    """The type without what is said of it, and without the None that stands for nothing chosen."""
    if isinstance(kind, types.Metadata):
        return _bare(kind.type)
    if isinstance(kind, types.UnionType):
        return _bare(next(each for each in kind.types if not isinstance(each, types.NoneType)))
    return kind


def _tables(kind: types.Type) -> Tables:
    if not isinstance(kind, Tables):
        raise TypeError("no tables")
    return kind


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
