import json
from pathlib import Path

import pytest

from tests.predictors.scores.vectors import FOLDER, vectors

ORIGINAL = FOLDER.parents[2] / "shared" / "clinical" / "reference_vectors.json"
FILES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", FILES)
def test_every_vector_names_its_source_and_its_tolerance(name: str) -> None:
    assert vectors(name)
    for vector in vectors(name):
        assert vector["source"]
        assert vector["tolerance"] >= 0


@pytest.mark.skipif(not ORIGINAL.exists(), reason="the collection they were copied from is absent")
@pytest.mark.parametrize("name", FILES)
def test_the_copy_equals_the_collection(name: str) -> None:
    collection = json.loads(Path(ORIGINAL).read_text("utf-8"))["vectors"]
    (score,) = {vector["score"] for vector in vectors(name)}
    assert vectors(name) == [vector for vector in collection if vector["score"] == score]
