from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from predictors import manifest
from predictors.blend import Blend
from predictors.manifest import Manifest
from predictors.model_folder import MANIFEST, MODEL, check, digest, pins, read
from predictors.novelty import Novelty
from predictors.predictor import Link
from predictors.training.artefact import pin, seal, write
from predictors.tree_text import Damaged
from tests.predictors.synthetic import declared, trained

BLEND = Blend(trees=1, baseline=0, weights=(1,), middle=(0,), low=(0,), high=(1,))
NOVELTY = Novelty(features=("sodium",), middle=(0,), below=(0,), above=(1,), fewest=1, limit=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sealed folder of the test model."""
    made = tmp_path / "test_risk"
    write(trained(declared(folder=made)))
    return made


def sealed(folder: Path, **changed: object) -> str:
    """Changes the manifest as whoever can write the pin as well could; gives its new hash."""
    held = manifest.read((folder / MANIFEST).read_bytes())
    seal(folder, msgspec.structs.replace(held, **changed))
    return digest((folder / MANIFEST).read_bytes())


def test_a_folder_as_it_was_pinned_is_read(folder: Path) -> None:
    held = pins(folder.parent / "pins.toml")["test-risk"]
    assert isinstance(read(folder, held).manifest, Manifest)


@pytest.mark.parametrize("name", [MODEL, MANIFEST])
def test_a_changed_byte_in_any_file_is_damage(folder: Path, name: str) -> None:
    held = pins(folder.parent / "pins.toml")["test-risk"]
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content.replace(b"1", b"2", 1))
    with pytest.raises(Damaged, match=name):
        read(folder, held)


@pytest.mark.parametrize("name", [MODEL, MANIFEST])
def test_a_missing_file_is_damage(folder: Path, name: str) -> None:
    held = pins(folder.parent / "pins.toml")["test-risk"]
    (folder / name).unlink()
    with pytest.raises(Damaged, match=f"{name}: No such file"):
        read(folder, held)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"model": 1}'])
def test_a_manifest_that_is_none_is_damage(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(Damaged):
        read(folder, digest(content))


def test_a_manifest_that_names_a_file_elsewhere_is_damage(folder: Path) -> None:
    held = manifest.read((folder / MANIFEST).read_bytes())
    (folder.parent / "other").write_bytes(b"")
    files = held.files | {"../other": digest(b"")}
    content = manifest.written(msgspec.structs.replace(held, files=files))
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(Damaged, match="outside the folder"):
        read(folder, digest(content))


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"model": "other-risk"}, "it is another model"),
        ({"link": Link.CLOGLOG}, "it predicts something else"),
        ({"outcome": "good"}, "it predicts something else"),
        ({"features": ()}, "its features are not those declared"),
        ({"golden": ()}, "it has no golden rows"),
        ({"blend": BLEND}, "its linear part differs"),
        ({"novelty": replace(NOVELTY, below=())}, "its novelty differs"),
        ({"novelty": NOVELTY}, "its novelty is of other features"),
        ({"novelty": replace(NOVELTY, features=("age",))}, "its novelty has no spread"),
    ],
)
def test_a_sealed_folder_that_is_not_the_declared_model_is_refused(
    folder: Path, changed: dict[str, object], fault: str
) -> None:
    held = read(folder, sealed(folder, **changed))
    with pytest.raises(Damaged, match=fault):
        check(held, declared())


def test_no_pins_pin_nothing(tmp_path: Path) -> None:
    assert pins(tmp_path / "pins.toml") == {}


def test_pinning_one_model_keeps_the_others(folder: Path) -> None:
    other = folder.parent / "pins.toml"
    other.write_text('another-risk = "00"\n' + other.read_text())
    pin(folder)
    assert list(pins(other)) == ["another-risk", "test-risk"]
