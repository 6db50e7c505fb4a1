"""A made-up release: what stands below our roots, what is cut off, and what cannot be read."""

from pathlib import Path

import pytest

from fhir_adapters.terminology.rf2 import (
    NotARelease,
    Release,
    children,
    descendants,
    names,
    release,
)
from tests.rf2_releases import IS_A, Row, write_release

FIBRILLATION = 49436004
DIABETES = 73211009
GESTATIONAL = 11687002
TYPE_1 = 46635009
NEW = 900001
NEWER = 900002
OTHER = 900003


def read(folder: Path, *rows: Row) -> Release:
    return release(write_release(folder, rows, {NEW: "A new finding (finding)", OTHER: "Another"}))


def silently(_: int) -> None:
    """Shows no progress."""


def found(folder: Path, *rows: Row) -> dict[int, frozenset[str]]:
    return dict(descendants(children(read(folder, *rows), silently)))


def test_a_code_below_a_root_is_of_its_concept_at_any_depth(tmp_path: Path) -> None:
    below = found(tmp_path, (1, NEW, FIBRILLATION, IS_A), (1, NEWER, NEW, IS_A))
    assert below == {
        NEW: frozenset({"atrial_fibrillation"}),
        NEWER: frozenset({"atrial_fibrillation"}),
    }


def test_a_code_below_no_root_is_of_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, (1, NEW, OTHER, IS_A)) == {}


def test_a_code_below_two_roots_is_of_both(tmp_path: Path) -> None:
    below = found(tmp_path, (1, NEW, FIBRILLATION, IS_A), (1, NEW, TYPE_1, IS_A))
    assert below[NEW] == {"atrial_fibrillation", "diabetes_t1"}


def test_what_is_excluded_is_cut_off_with_all_below_it(tmp_path: Path) -> None:
    below = found(tmp_path, (1, GESTATIONAL, DIABETES, IS_A), (1, NEW, GESTATIONAL, IS_A))
    assert below == {NEW: frozenset({"gestational_diabetes"})}


def test_an_inactive_or_another_relationship_leads_nowhere(tmp_path: Path) -> None:
    below = found(
        tmp_path,
        (0, NEW, FIBRILLATION, IS_A),
        (1, NEWER, FIBRILLATION, 363698007),
        (1, OTHER, NEW, IS_A),
    )
    assert below == {}


def test_a_code_that_was_reviewed_stays_as_it_was_decided(tmp_path: Path) -> None:
    left_out, taken = 1003605004, 195080001
    below = found(tmp_path, (1, left_out, DIABETES, IS_A), (1, taken, FIBRILLATION, IS_A))
    assert below == {}


def test_a_circle_comes_to_an_end(tmp_path: Path) -> None:
    below = found(
        tmp_path, (1, NEW, FIBRILLATION, IS_A), (1, NEWER, NEW, IS_A), (1, NEW, NEWER, IS_A)
    )
    assert set(below) == {NEW, NEWER}


def test_the_names_of_the_codes_are_read_and_no_others(tmp_path: Path) -> None:
    made = read(tmp_path, (1, NEW, FIBRILLATION, IS_A))
    assert names(made, frozenset({NEW}), silently) == {NEW: "A new finding (finding)"}


def test_progress_is_told_in_bytes_up_to_the_size(tmp_path: Path) -> None:
    made = read(tmp_path, (1, NEW, FIBRILLATION, IS_A))
    told: list[int] = []
    children(made, told.append)
    names(made, frozenset(), told.append)
    assert sum(told) == made.size


def test_a_release_says_when_it_took_effect(tmp_path: Path) -> None:
    assert read(tmp_path, (1, NEW, FIBRILLATION, IS_A)).effective == "20260901"


def test_a_folder_without_a_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotARelease, match="0 files are named"):
        release(tmp_path)


def test_a_folder_with_two_releases_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_release(tmp_path / name, (), {})
    with pytest.raises(NotARelease, match="2 files are named"):
        release(tmp_path)


def test_a_release_without_any_is_a_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotARelease, match="holds no active"):
        children(read(tmp_path), silently)
