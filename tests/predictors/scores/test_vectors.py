import json

import pytest

from tests.beside import beside
from tests.predictors.scores.vectors import FOLDER, vectors

FILES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", FILES)
def test_every_vector_names_its_source_and_its_tolerance(name: str) -> None:
    assert vectors(name)
    for vector in vectors(name):
        assert vector["source"]
        assert vector["tolerance"] >= 0


@pytest.mark.parametrize("name", FILES)
def test_the_copy_equals_the_collection(name: str) -> None:
    collection = json.loads(beside("clinical/reference_vectors.json").read_bytes())["vectors"]
    (score,) = {vector["score"] for vector in vectors(name)}
    collected = [vector for vector in collection if vector["score"] == score]
    if not collected:
        pytest.skip("the collection has none of this score: its examples were read elsewhere")
    assert vectors(name) == collected
