import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import pytest

from cds_hooks.model_registry.gate import Gate, Verified, gate_of, trial_faults, verified
from cds_hooks.model_registry.trial import Trial, remedy
from cds_hooks.model_registry.verdicts import verdicts
from cds_hooks.model_registry.versions import ModelVersion, activate, shipped, versions
from cds_hooks.settings.models import ModelSettings
from predictors import sequence_model
from predictors.manifest import Manifest
from predictors.model_folder import MANIFEST, MODEL
from predictors.predictor import NotAssessed, Predictor, Problem
from predictors.training.artefact import seal, write
from predictors.tree_model import Floats, booster, margins
from tests.conftest import missing
from tests.predictors import networks
from tests.predictors.damage import by_chance, named
from tests.predictors.synthetic import declared, manifest, row, text, trained

ROOT = Path(__file__).parents[3]
FACTS = {"age": 70.0, "sbp": 95.0}


@pytest.fixture
def settings(tmp_path: Path) -> ModelSettings:
    return ModelSettings(
        folder=str(tmp_path / "site"), verdicts=str(tmp_path / "cache" / "verdicts.json")
    )


@pytest.fixture
def shipped_model(tmp_path: Path) -> Predictor:
    """The test model in a package of its own, sealed and pinned."""
    predictor = declared(folder=tmp_path / "package" / "test_risk")
    write(trained(predictor))
    return predictor


def sealed(folder: Path, damaged: str) -> ModelVersion:
    """A version whose text was damaged before it was sealed: its hash is right, its trees not."""
    predictor = declared()
    write(trained(predictor), folder)
    made = manifest()
    (folder / MODEL).write_text(damaged, encoding="ascii", newline="\n")
    seal(folder, made)
    return next(each for each in versions(predictor, folder.parent.parent) if each.folder == folder)


def refusal(gate: Gate) -> str:
    with pytest.raises(NotAssessed) as refused:
        gate.models.active["test-risk"].assess(FACTS)
    (reason,) = refused.value.reasons
    assert reason.problem is Problem.UNAVAILABLE
    return reason.text


def test_a_sound_model_answers(shipped_model: Predictor, settings: ModelSettings) -> None:
    gate = gate_of([shipped_model], settings)
    risk = gate.models.active["test-risk"].assess(FACTS)
    margin = margins(booster(text()), row(FACTS)[None])[0]
    assert risk["harm"].baseline == pytest.approx(-0.1 + 0.9 * margin, abs=1e-12)
    assert gate.faults == {}


def test_what_passed_is_not_tried_again(shipped_model: Predictor, settings: ModelSettings) -> None:
    gate_of([shipped_model], settings)
    again = ModelSettings(verdicts=settings.verdicts, patience_seconds=0.001)
    assert gate_of([shipped_model], again).faults == {}


def test_a_model_that_takes_too_long_is_refused(
    shipped_model: Predictor, settings: ModelSettings
) -> None:
    hurried = ModelSettings(verdicts=settings.verdicts, patience_seconds=0.001)
    assert "took too long" in refusal(gate_of([shipped_model], hurried))
    assert not Path(settings.verdicts).exists()


def test_without_a_place_for_verdicts_models_are_verified_each_time(
    shipped_model: Predictor, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    nowhere = ModelSettings(verdicts=str(tmp_path / "file" / "verdicts.json"))
    assert gate_of([shipped_model], nowhere).faults == {}
    assert verdicts(nowhere).passed(["any"]) == frozenset()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff"])
def test_verdicts_that_cannot_be_read_are_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "verdicts.json"
    file.write_bytes(content)
    kept = verdicts(ModelSettings(verdicts=str(file)))
    assert kept.passed(["aa"]) == frozenset()
    kept.keep(["aa"])
    assert kept.passed(["aa", "bb"]) == {"aa"}


def test_a_model_without_a_pin_is_refused(
    shipped_model: Predictor, settings: ModelSettings, tmp_path: Path
) -> None:
    (tmp_path / "package" / "pins.toml").unlink()
    assert "not the one that was pinned" in refusal(gate_of([shipped_model], settings))


def test_a_model_whose_file_changed_is_refused_and_the_others_go_on(
    shipped_model: Predictor, settings: ModelSettings, tmp_path: Path
) -> None:
    (tmp_path / "package" / "test_risk" / MODEL).write_text(text().replace("1", "2", 1))
    gate = gate_of([shipped_model], settings)
    assert "model.txt is not the one that was trained" in refusal(gate)
    assert gate.faults.keys() == {"test-risk"}


def damaged_versions(site: Path, damages: Sequence[tuple[str, str]]) -> list[ModelVersion]:
    """A sealed version of each damaged text, and of the sound one at the end."""
    texts = [damaged for _, damaged in damages] + [text()]
    folders = (site / "test-risk" / f"{number:03}" for number in range(len(texts)))
    return [sealed(folder, each) for folder, each in zip(folders, texts, strict=True)]


def expect_none_served(found: Sequence[Verified], damages: Sequence[tuple[str, str]]) -> None:
    *damaged, sound = found
    assert sound.fault == ""
    expected = margins(booster(text()), golden_rows())
    for each, (name, _) in zip(damaged, damages, strict=True):
        if each.fault:
            continue
        # What is in the text but in no prediction, such as the gain of a split, may differ.
        assert each.folder is not None
        served = margins(booster(each.folder.text), golden_rows())
        assert abs(served - expected).max() <= 1e-12, name


def golden_rows() -> Floats:
    rows = [each.row for each in manifest().golden]
    return np.array([[np.nan if each is None else each for each in row] for row in rows])


def test_no_damaged_model_is_served_even_under_its_own_seal(
    tmp_path: Path, settings: ModelSettings
) -> None:
    damages = [*named(text()), *by_chance(text(), count=10)]
    found = verified(damaged_versions(Path(settings.folder), damages), settings)
    expect_none_served(found, damages)
    assert all(each.fault for each in found[: len(list(named(text())))])


@pytest.mark.long
def test_no_model_damaged_by_chance_is_served(tmp_path: Path, settings: ModelSettings) -> None:
    damages = [*named(text()), *by_chance(text(), count=400)]
    expect_none_served(
        verified(damaged_versions(Path(settings.folder), damages), settings), damages
    )


@pytest.mark.long
def test_no_changed_byte_passes_the_hash(shipped_model: Predictor, tmp_path: Path) -> None:
    file = tmp_path / "package" / "test_risk" / MODEL
    for name, damaged in by_chance(text(), count=400):
        file.write_text(damaged, encoding="ascii", newline="\n")
        (found,) = verified([shipped(shipped_model)], ModelSettings())
        assert found.fault, name


def test_a_model_that_ends_the_process_ends_only_the_child() -> None:
    """The structural check would have refused the text before."""
    crashing, golden = dict(named(text()))["a child beyond the splits"], manifest().golden
    trials = [Trial(each, golden) for each in (text(), crashing, text())]
    first, ended, last = trial_faults(trials, seconds=60)
    assert (first, last) == ("", "")
    assert "ended the process (signal" in ended


def test_a_changed_leaf_is_found_by_its_golden_rows() -> None:
    changed = dict(named(text()))["a leaf's value"]
    (fault,) = trial_faults([Trial(changed, manifest().golden)], seconds=60)
    assert fault == "it does not say of its golden rows what it said in training"


def test_a_sites_active_version_answers_instead_of_the_packages(
    shipped_model: Predictor, settings: ModelSettings
) -> None:
    site = Path(settings.folder)
    activate(sealed(site / "test-risk" / "2", text()), site)
    assert gate_of([shipped_model], settings).active["test-risk"].version == "2"
    activate(shipped(shipped_model), site)
    assert gate_of([shipped_model], settings).active["test-risk"].version == "shipped"


def test_a_site_version_that_changed_after_its_activation_is_refused(
    shipped_model: Predictor, settings: ModelSettings
) -> None:
    site = Path(settings.folder)
    source = sealed(site / "test-risk" / "2", text())
    activate(source, site)
    seal(source.folder, msgspec.structs.replace(manifest(), version="3"))
    assert "not the one that was pinned" in refusal(gate_of([shipped_model], settings))


def test_a_pointer_that_cannot_be_read_is_no_reason_to_serve_another_version(
    shipped_model: Predictor, settings: ModelSettings
) -> None:
    pointer = Path(settings.folder) / "test-risk" / "active.toml"
    pointer.parent.mkdir(parents=True)
    pointer.write_text("version = ")
    assert "active.toml cannot be read" in refusal(gate_of([shipped_model], settings))


def test_a_challenger_is_beside_the_active_version(
    shipped_model: Predictor, settings: ModelSettings
) -> None:
    site = Path(settings.folder)
    activate(sealed(site / "test-risk" / "2", text()), site, "challenger")
    gate = gate_of([shipped_model], settings)
    assert gate.active["test-risk"].version == "shipped"
    assert gate.challengers["test-risk"].version == "2"
    assert gate.models.challengers.keys() == {"test-risk"}


def a_network(folder: Path, network: bytes = networks.NETWORK) -> ModelVersion:
    """A version that is a network: a sequence model beside the trees."""
    predictor = declared()
    write(networks.trained(predictor), folder)
    made = folder / MODEL
    made.write_text(sequence_model.written(network), encoding="ascii", newline="\n")
    seal(folder, msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest))
    return next(each for each in versions(predictor, folder.parent.parent) if each.folder == folder)


@pytest.fixture
def onnxruntime() -> None:
    if find_spec("onnxruntime") is None:
        missing("no onnxruntime: pip install 'cds-hooks-server[sequence]'")


@pytest.mark.usefixtures("onnxruntime")
def test_a_network_challenges_trees_through_the_same_gate(
    shipped_model: Predictor, settings: ModelSettings
) -> None:
    site = Path(settings.folder)
    activate(a_network(site / "test-risk" / "sequence"), site, "challenger")
    gate = gate_of([shipped_model], settings)
    assert gate.faults == {}
    risk = gate.models.challengers["test-risk"].assess(FACTS)
    assert risk["harm"].baseline == pytest.approx(-0.1 + 0.9 * (-1.5 + 1.4 - 0.95))
    assert gate.models.active["test-risk"].assess(FACTS)["harm"].value != risk["harm"].value


@pytest.mark.usefixtures("onnxruntime")
@pytest.mark.parametrize(
    ("network", "fault"),
    [
        (networks.saying(-1.4), "trying it ended the process"),
        (networks.NETWORK[:300], "trying it ended the process"),
        (b"", "empty or too large"),
    ],
)
def test_a_network_that_is_damaged_or_does_not_add_up_is_refused(
    settings: ModelSettings, tmp_path: Path, network: bytes, fault: str
) -> None:
    damaged = a_network(tmp_path / "site" / "test-risk" / "sequence", network)
    (found,) = verified([damaged], settings)
    assert fault in found.fault


def test_without_onnxruntime_a_network_is_refused_and_the_remedy_is_named() -> None:
    absent = ModuleNotFoundError("No module named 'onnxruntime'", name="onnxruntime")
    assert remedy(absent) == "onnxruntime is missing: pip install 'cds-hooks-server[sequence]'"


WITHOUT_LIBGOMP = """
from pathlib import Path
from sys import argv
from cds_hooks.settings.models import ModelSettings
from cds_hooks.model_registry.gate import gate_of
from synthetic import declared
gate = gate_of([declared(folder=Path(argv[1]))], ModelSettings(verdicts=argv[2]))
print(gate.faults["test-risk"])
"""


def without_libgomp(folder: Path) -> Path:
    """LightGBM as it is on a machine without libgomp: its library names one that is not there."""
    found = find_spec("lightgbm")
    assert found is not None
    assert found.origin is not None
    made = shutil.copytree(Path(found.origin).parent, folder / "lightgbm")
    library = next(made.glob("lib/lib_lightgbm.*"))
    content = library.read_bytes()
    if b"libgomp.so.1\0" not in content:
        missing("this LightGBM does not use libgomp")
    library.write_bytes(content.replace(b"libgomp.so.1\0", b"libgomp.so.9\0"))
    return folder


@pytest.mark.parametrize("passed_before", [False, True])
def test_without_libgomp_models_are_unavailable_and_the_fix_is_told(
    shipped_model: Predictor, tmp_path: Path, settings: ModelSettings, passed_before: bool
) -> None:
    if passed_before:
        gate_of([shipped_model], settings)
    folder = tmp_path / "package" / "test_risk"
    paths = [without_libgomp(tmp_path / "broken"), ROOT, ROOT / "tests" / "predictors"]
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIBGOMP, str(folder), settings.verdicts],
        env={"PYTHONPATH": ":".join(map(str, paths))},
        capture_output=True,
        check=True,
        text=True,
    )
    expected = "libgomp is missing; on Debian or Ubuntu: sudo apt-get install libgomp1"
    assert told.stdout.strip().endswith(expected), told.stdout


IN_WORKERS = """
import os, sys
import numpy as np
from predictors.tree_model import booster, contributions, margins
trees, rows = booster(sys.stdin.read()), np.zeros((1, 5))
for _ in range(2):
    if os.fork() == 0:
        sums = contributions(trees, rows).sum(axis=1)
        os._exit(not np.allclose(sums, margins(trees, rows), atol=1e-9))
print([os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(2)])
"""


def test_a_model_loaded_before_the_workers_are_forked_answers_in_each() -> None:
    told = subprocess.run(
        [sys.executable, "-c", IN_WORKERS],
        input=text(),
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert told.stdout.strip() == "[0, 0]"
