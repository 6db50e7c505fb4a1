"""The text of a LightGBM model, held against what its reader in C trusts without looking."""

import math
import re
from collections.abc import Iterator

HEADER = (
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx",
    "objective", "feature_names", "monotone_constraints", "feature_infos", "tree_sizes",
)  # fmt: skip
OPTIONAL = frozenset({"monotone_constraints", "objective"})
"""Without constraints, and fitted to an objective that LightGBM does not have: Cox's."""

NODES = (
    "split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child",
    "internal_value", "internal_weight", "internal_count",
)  # fmt: skip
LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
PLAIN = {"num_cat": "0", "is_linear": "0"}
END = "end of trees\n"

_INTEGER = r"-?\d{1,9}"
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
INTEGERS = re.compile(rf"{_INTEGER}(?: {_INTEGER})*+", re.ASCII)
NUMBERS = re.compile(rf"{_NUMBER}(?: {_NUMBER})*+", re.ASCII)
"""Python reads more than these as numbers ("1_000"), and C stops in the middle of it."""

MOST_LEAVES = 1024
DECISIONS = frozenset({0, 2, 4, 6, 8, 10})
"""Numerical splits only: which way a missing value goes, and what counts as missing."""


class Damaged(ValueError):
    """The model is not what was trained; the message says what is wrong with it, for a person."""


def check(text: str, features: tuple[str, ...]) -> None:
    """Raises Damaged unless the text is a whole forest of sound trees over those features."""
    head, trees = parts(text)
    expect(head["version"] == "v4", "the text is of another version")
    expect(head["num_class"] == head["num_tree_per_iteration"] == "1", "it has several outputs")
    expect(head["max_feature_idx"] == str(len(features) - 1), "the number of features differs")
    expect(tuple(head["feature_names"].split(" ")) == features, "the features differ")
    expect(len(head["feature_infos"].split(" ")) == len(features), "a feature's range is missing")
    for number, tree in enumerate(trees):
        try:
            _check_tree(fields(tree), len(features))
        except (KeyError, ValueError) as error:
            raise Damaged(f"tree {number}: {error}") from None


def parts(text: str) -> tuple[dict[str, str], list[str]]:
    """The fields of the header and the text of each tree; raises Damaged."""
    head, _, body = text.partition("\n\n")
    first, _, rest = head.partition("\n")
    expect(first == "tree", "it does not begin as a model does")
    header = fields(rest)
    expect(set(header) <= set(HEADER), "the header has a field that no model has")
    expect(set(HEADER) - set(header) <= OPTIONAL, "the header is not whole")
    return header, list(_trees(body, header["tree_sizes"]))


def fields(text: str) -> dict[str, str]:
    """Lines of "name=value" as a mapping; Damaged if a line is none, or a name is there twice."""
    found: dict[str, str] = {}
    for line in text.strip("\n").split("\n"):
        name, equals, value = line.partition("=")
        expect(bool(equals) and name not in found, "a line is no field")
        found[name] = value
    return found


def _trees(body: str, sizes: str) -> Iterator[str]:
    start = 0
    for number, size in enumerate(sizes.split(" ")):
        expect(size.isascii() and size.isdigit(), "the size of a tree is no number")
        tree = body[start : start + int(size)]
        name, _, rest = tree.partition("\n")
        whole = name == f"Tree={number}" and tree.endswith("\n\n\n") and len(tree) == int(size)
        expect(whole, f"tree {number} is not whole")
        yield rest
        start += int(size)
    expect(body[start:] == END, "it does not end where its trees end")


def _check_tree(tree: dict[str, str], features: int) -> None:
    (leaves,) = _whole(tree["num_leaves"])
    expect(2 <= leaves <= MOST_LEAVES, "the number of leaves is out of range")
    expect(set(tree) == {*NODES, *LEAVES, *PLAIN, "num_leaves", "shrinkage"}, "fields differ")
    expect(all(tree[name] == value for name, value in PLAIN.items()), "splits are not plain")
    for name in NODES:
        expect(len(numbers(tree[name])) == leaves - 1, f"{name} is not one a split")
    for name in LEAVES:
        expect(len(numbers(tree[name])) == leaves, f"{name} is not one a leaf")
    expect(all(0 <= each < features for each in _whole(tree["split_feature"])), "no such feature")
    expect(DECISIONS.issuperset(_whole(tree["decision_type"])), "no such decision")
    counts = _whole(tree["leaf_count"]) + _whole(tree["internal_count"])
    expect(min(counts) > 0, "a count is not positive")
    _check_children(_whole(tree["left_child"]), _whole(tree["right_child"]))


def _check_children(left: list[int], right: list[int]) -> None:
    """Every split but the first, and every leaf (~index), is the child of one earlier split."""
    splits = len(left)
    whole = list(range(~splits, 0)) + list(range(1, splits))
    expect(sorted(left + right) == whole, "a child is out of range, or of two splits")
    for node, children in enumerate(zip(left, right, strict=True)):
        expect(all(child < 0 or child > node for child in children), "a child comes too early")


def numbers(value: str) -> list[float]:
    """Numbers with a blank between; raises Damaged if one is none, or not finite."""
    expect(NUMBERS.fullmatch(value) is not None, "a number is none")
    read = list(map(float, value.split(" ")))
    expect(all(map(math.isfinite, read)), "a number is not finite")
    return read


def _whole(value: str) -> list[int]:
    expect(INTEGERS.fullmatch(value) is not None, "a whole number is none")
    return list(map(int, value.split(" ")))


def expect(holds: bool, otherwise: str) -> None:
    """Raises Damaged with that text unless it holds."""
    if not holds:
        raise Damaged(otherwise)
