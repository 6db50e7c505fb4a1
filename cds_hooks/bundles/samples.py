"""The synthetic patients that the demo shows: Bundles, by name."""

from collections.abc import Mapping
from pathlib import Path

PACKAGED = Path(__file__).parents[1] / "samples"
REPOSITORY = Path(__file__).parents[2] / "fixtures"

WHOLE, OTHER = "Whole records, by Synthea", "Other charts"

STORIES = {
    "fires": "a card is due",
    "near-miss": "no card is due, if only just",
    "unknown": "what is needed is missing or unusable",
}
"""What the sample tells whose name goes on with that after its service's id."""


def samples() -> Mapping[str, Path]:
    """Every sample Bundle's file by its name, from the installed package or else the repository."""
    folder = PACKAGED if PACKAGED.is_dir() else REPOSITORY
    found = [*folder.glob("patients/*.json"), *folder.glob("synthea/*.json")]
    return {path.stem: path for path in sorted(found)}


def grouped(titles: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """The samples' names with what they are called, by the title of the service they are for.

    `titles` are by the service's id; the order of the groups is theirs.
    """
    groups: dict[str, dict[str, str]] = {title: {} for title in (*titles.values(), WHOLE, OTHER)}
    for name in samples():
        written_for = next((id for id in titles if name.startswith(f"{id}-")), "")
        group = titles.get(written_for) or (WHOLE if name.startswith("synthea-") else OTHER)
        story = called(name.removeprefix(f"{written_for}-"))
        groups[group][name] = f"{group}: {story}" if written_for else story
    return {title: held for title, held in groups.items() if held}


def called(name: str) -> str:
    """A sample's name, or what of it follows the service's id, in words."""
    for key, story in STORIES.items():
        if name == key or name.startswith(f"{key}-"):
            more = name.removeprefix(key).replace("-", " ").strip()
            return f"{story}: {more}" if more else story
    return name.replace("-", " ")
