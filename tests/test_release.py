"""What goes with a release's files."""

import hashlib
from pathlib import Path

from tools.release import HASHES, hashes, notes


def test_the_notes_are_the_newest_section_of_the_changelog() -> None:
    changelog = "# Changelog\n\nText.\n\n## [0.2.0]\n\n### Added\n\n- B\n\n## [0.1.0]\n\n- A\n"
    assert notes(changelog) == "### Added\n\n- B\n"


def test_every_file_has_its_hash_but_the_list_itself(tmp_path: Path) -> None:
    (tmp_path / "b.whl").write_bytes(b"wheel")
    (tmp_path / HASHES).write_text("old", encoding="utf-8")
    assert hashes(tmp_path) == f"{hashlib.sha256(b'wheel').hexdigest()}  b.whl\n"
