"""The public module offers what the documentation shows, and nothing by accident."""

import ast
import re
from pathlib import Path

from cds_hooks import api

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXTEND = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
SCREEN = 40
"""Lines of a terminal."""


def shown(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)


def imported(code: str) -> set[str]:
    """The names that the code imports from the server's own modules, with their modules."""
    lines = [node for node in ast.parse(code).body if isinstance(node, ast.ImportFrom)]
    names = [(node.module or "", alias.name) for node in lines for alias in node.names]
    return {f"{module}.{name}" for module, name in names if module.startswith("cds_hooks")}


def test_what_is_offered_is_what_is_imported_and_no_more() -> None:
    tree = ast.parse(Path(api.__file__).read_text(encoding="utf-8"))
    lines = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert {alias.name for node in lines for alias in node.names} == set(api.__all__)


def test_the_documentation_imports_of_the_server_only_what_is_public() -> None:
    public = {f"cds_hooks.api.{name}" for name in api.__all__}
    for code in (*shown(README), *shown(EXTEND)):
        assert imported(code) <= public


def test_the_readmes_service_fits_on_a_screen() -> None:
    (service,) = [code for code in shown(README) if "@service(" in code]
    assert len(service.splitlines()) <= SCREEN


def test_every_function_that_extend_md_lists_for_a_service_is_public() -> None:
    table = EXTEND.partition("| ask | answer |")[2].partition("\n\n")[0]
    asked = set(re.findall(r"^\| `(\w+)\(", table, flags=re.MULTILINE))
    assert asked
    assert asked <= set(api.__all__)
