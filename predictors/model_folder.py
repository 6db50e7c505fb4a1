"""A trained model's folder, read whole and verified before anything is loaded from it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from predictors import cox_model, manifest, sequence_model, tree_text
from predictors.manifest import Manifest
from predictors.predictor import Predictor
from predictors.tree_model import model_of
from predictors.tree_text import Damaged, expect

MODEL, MANIFEST, CARD = "model.txt", "manifest.json", "card.toml"
PINS = Path(__file__).parent / "models" / "pins.toml"
"""The SHA-256 of each shipped model's manifest: the manifest has those of the other files."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder whose files are what its pinned manifest says; `sha256` is the manifest's own."""

    manifest: Manifest
    text: str
    card: Mapping[str, object]
    sha256: str


def pins(path: Path = PINS) -> Mapping[str, str]:
    """The pinned SHA-256 of each model's manifest, by the model's name; none without the file."""
    if not path.is_file():
        return {}
    return {name: str(pin) for name, pin in tomllib.loads(path.read_text("utf-8")).items()}


def read(folder: Path, pin: str) -> ModelFolder:
    """Reads a folder, and holds every file against its hash; `pin` is the manifest's.

    Raises Damaged if a file is missing, differs, or cannot be read.
    """
    content = _content(folder, MANIFEST)
    expect(digest(content) == pin, f"{MANIFEST} is not the one that was pinned")
    try:
        made = manifest.read(content)
        files = {name: _content(folder, name) for name in made.files}
        _check_files(made, files)
        card = tomllib.loads(files[CARD].decode()) if CARD in files else {}
        return ModelFolder(made, files[MODEL].decode("ascii"), card, pin)
    except (ValueError, msgspec.MsgspecError) as error:
        raise Damaged(str(error)) from None


def check(folder: ModelFolder, predictor: Predictor) -> None:
    """Raises Damaged unless the model is sound, and the one that was declared."""
    made, model = folder.manifest, model_of(predictor)
    if model is None or made.model != predictor.name:
        raise Damaged("it is another model")
    model = model.reading(tuple(each.name for each in made.features))
    declared = tuple((each.name, each.input, each.monotone) for each in model.features)
    trained = tuple((each.name, each.input, each.monotone) for each in made.features)
    expect(declared == trained, "its features are not those declared")
    expect((made.link, made.outcome) == (model.link, model.outcome), "it predicts something else")
    expect(bool(made.golden), "it has no golden rows")
    _check_parts(made, tuple(each.name for each in model.features))
    if sequence_model.is_sequence(folder.text):
        sequence_model.check(folder.text)
    elif cox_model.is_cox(folder.text):
        cox_model.check(folder.text, tuple((each.name, each.monotone) for each in model.features))
    else:
        tree_text.check(folder.text, tuple(each.name for each in model.features))


def _check_parts(made: Manifest, features: tuple[str, ...]) -> None:
    """The linear part and the detector, if there are any, are of the model's features."""
    blend, novelty = made.blend, made.novelty
    if blend is not None:
        numbers = (blend.weights, blend.middle, blend.low, blend.high)
        expect({len(each) for each in numbers} == {len(features)}, "its linear part differs")
    if novelty is not None:
        sides = (novelty.middle, novelty.below, novelty.above)
        expect({len(each) for each in sides} == {len(novelty.features)}, "its novelty differs")
        expect(set(novelty.features) <= set(features), "its novelty is of other features")
        expect(min(novelty.below + novelty.above) > 0, "its novelty has no spread")


def digest(content: bytes) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    return sha256(content).hexdigest()


def _content(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise Damaged(f"{name}: {error.strerror}") from None


def _check_files(made: Manifest, files: Mapping[str, bytes]) -> None:
    expect(MODEL in files, f"its manifest does not name {MODEL}")
    expect(all(Path(name).name == name for name in files), "a file is outside the folder")
    for name, content in files.items():
        expect(digest(content) == made.files[name], f"{name} is not the one that was trained")
