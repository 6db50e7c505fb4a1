"""A model as the package ships it; its trial in a child process is left out."""

from predictors import model_folder
from predictors.predictor import Predictor
from predictors.tree_model import loaded, read_model, require_model


def pinned(declared: Predictor) -> Predictor:
    """The declared model with what was fitted, once its folder is held against its pin."""
    folder = model_folder.read(require_model(declared).folder, model_folder.pins()[declared.name])
    model_folder.check(folder, declared)
    return loaded(declared, read_model(folder.text), folder.manifest)
