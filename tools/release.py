"""Writes what goes with a release's files: their hashes, and the notes of the version."""

import hashlib
import sys
from pathlib import Path

HASHES, NOTES = "SHA256SUMS", "NOTES.md"


def notes(changelog: str) -> str:
    """The newest section of the changelog, without its heading."""
    newest = changelog.split("\n## ", 2)[1]
    return newest.partition("\n")[2].strip() + "\n"


def hashes(folder: Path) -> str:
    """A line for each file of the folder, as `sha256sum --check` reads them."""
    files = sorted(each for each in folder.iterdir() if each.name not in {HASHES, NOTES})
    return "".join(
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in files
    )


def main() -> None:
    """Writes SHA256SUMS and NOTES.md into the folder that is named."""
    folder = Path(sys.argv[1])
    changelog = Path("CHANGELOG.md").read_text(encoding="utf-8")
    (folder / NOTES).write_text(notes(changelog), encoding="utf-8")
    (folder / HASHES).write_text(hashes(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
