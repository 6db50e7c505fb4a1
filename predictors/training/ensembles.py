"""Several fitted boosters as one text model, whose margin is the mean of theirs."""

from collections.abc import Iterator, Sequence

from predictors import tree_text
from predictors.tree_text import END

SCALED = ("leaf_value", "internal_value")
LARGEST = "1e+300"
"""The threshold of a split that only tells missing from known; LightGBM may write it as "inf"."""


def averaged(texts: Sequence[str], features: tuple[str, ...]) -> str:
    """The texts of boosters over the same features, whose names are given, as one text.

    Its margin, and each contribution to it, is the mean of theirs. What training alone needs (the
    parameters, the importances) is left out.
    Raises Damaged if a text is none of a booster with plain numerical splits.
    """
    read = [tree_text.parts(served(text)) for text in texts]
    header = dict(read[0][0], feature_names=" ".join(features))
    members = [tree for _, trees in read for tree in trees]
    trees = [_tree(number, each, 1 / len(texts)) for number, each in enumerate(members)]
    header["tree_sizes"] = " ".join(str(len(each)) for each in trees)
    text = "\n".join(["tree", *_lines(header), "", "".join(trees) + END])
    tree_text.check(text, features)
    return text


def served(text: str) -> str:
    """The part of a booster's text that predicts; it ends where the trees do."""
    return text[: text.index(END) + len(END)]


def _tree(number: int, text: str, factor: float) -> str:
    fields = tree_text.fields(text)
    fields["threshold"] = fields["threshold"].replace("inf", LARGEST)
    if factor != 1:
        fields |= {name: _scaled(fields[name], factor) for name in SCALED}
    return "\n".join([f"Tree={number}", *_lines(fields), "", "", ""])


def _scaled(values: str, factor: float) -> str:
    return " ".join(repr(factor * each) for each in tree_text.numbers(values))


def _lines(fields: dict[str, str]) -> Iterator[str]:
    return (f"{name}={value}" for name, value in fields.items())
