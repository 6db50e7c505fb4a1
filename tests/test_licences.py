"""What is installed to serve may be used and passed on with this project."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).parents[1] / "locks" / "serve.txt"
NAMES = re.findall(r"^([\w.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
PERMISSIVE = re.compile(
    r"MIT|BSD|Apache|ISC|Zlib|0BSD|CC0|PSF|Python Software Foundation", re.IGNORECASE
)
NAMED_IN_NOTICE = re.compile(r"LGPL|MPL|Mozilla", re.IGNORECASE)
"""Licences whose terms follow the library's own files: NOTICE names each such library."""


def licence(name: str) -> str:
    """What the installed library says of its licence; "" where it is not installed here."""
    try:
        said = metadata(name).json
    except PackageNotFoundError:
        return ""
    classifiers = [str(each) for each in said.get("classifier", ())]
    classified = "; ".join(each for each in classifiers if each.startswith("License ::"))
    return str(said.get("license_expression") or classified or said.get("license", "none"))


def test_every_library_that_serves_has_a_licence_that_allows_it() -> None:
    licences = {name: licence(name) for name in NAMES}
    assert len([each for each in licences.values() if each]) > 70
    known = {
        name
        for name, each in licences.items()
        if not each or PERMISSIVE.search(each) or NAMED_IN_NOTICE.search(each)
    }
    assert set(NAMES) - known == set()


def test_the_notice_names_each_library_under_a_licence_with_terms_for_its_own_files() -> None:
    notice = (LOCK.parents[1] / "NOTICE").read_text(encoding="utf-8")
    bound = {name for name in NAMES if NAMED_IN_NOTICE.search(licence(name))}
    assert bound >= {"certifi", "psycopg"}
    assert {name for name in bound if not re.search(rf"\b{name}\b", notice)} == set()
