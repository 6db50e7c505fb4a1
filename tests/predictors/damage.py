"""Ways in which a model's text is damaged: those that end a process or lie, and chance."""

import random
import re
from collections.abc import Callable, Iterator


def named(text: str) -> Iterator[tuple[str, str]]:
    """The damages that are known to end the process that loads them, or to change what it says."""
    yield "cut in the middle", text[: len(text) // 2]
    yield "cut at the last tree", text[: text.rindex("Tree=")]
    yield "cut by one byte", text[:-1]
    yield "nothing", ""
    yield "a leaf's value", _first(text, "leaf_value", lambda n: re.sub(r"\d", "9", n, count=1))
    yield "a leaf that is no number", _first(text, "leaf_value", lambda _: "nan")
    yield "an infinite threshold", _first(text, "threshold", lambda _: "inf")
    yield "a number that only Python reads", _first(text, "threshold", lambda _: "1_0")
    yield "a child beyond the splits", _first(text, "left_child", lambda _: "99")
    yield "a child beyond the leaves", _first(text, "right_child", lambda _: "-99")
    yield "a split that is its own child", _first(text, "left_child", lambda _: "0")
    yield "a feature beyond the last", _first(text, "split_feature", lambda _: "999")
    yield "a negative feature", _first(text, "split_feature", lambda _: "-1")
    yield "a categorical split", _first(text, "decision_type", lambda _: "1")
    yield "a count of nothing", _first(text, "leaf_count", lambda _: "0")
    yield "more leaves than there are", _first(text, "num_leaves", lambda n: str(int(n) + 1))
    yield "fewer leaves than there are", _first(text, "num_leaves", lambda n: str(int(n) - 1))
    yield "leaves without end", _first(text, "num_leaves", lambda _: "2147483647")
    yield "a tree's size", _first(text, "tree_sizes", lambda n: str(int(n) + 1))
    yield "more features", _first(text, "max_feature_idx", lambda n: str(int(n) + 1))
    yield "several classes", _first(text, "num_class", lambda _: "3")
    yield "a linear tree", _first(text, "is_linear", lambda _: "1")
    yield "a field twice", text.replace("num_cat=0\n", "num_cat=0\nnum_cat=0\n", 1)
    yield "a field less", re.sub(r"leaf_count=.*\n", "", text, count=1)
    yield "no tree", re.sub(r"Tree=(.|\n)*(?=end of trees)", "", text)


def by_chance(text: str, *, count: int) -> Iterator[tuple[str, str]]:
    """A byte changed, left out or doubled, a line lost, the end cut off: the same in each run."""
    chance = random.Random(2019)  # noqa: S311 - the same mutations in each run, no secret
    for number in range(count):
        at = chance.randrange(len(text))
        kind = number % 5
        name = f"{('change', 'leave out', 'double', 'lose a line', 'cut')[kind]} at {at}"
        if kind == 0:
            other = chance.choice([each for each in "0123456789-.e =\n" if each != text[at]])
            yield name, text[:at] + other + text[at + 1 :]
        elif kind == 3:
            end = text.find("\n", at) + 1
            yield name, text[:at] + text[end:]
        else:
            rest = {1: text[at + 1 :], 2: text[at] + text[at:], 4: ""}[kind]
            yield name, text[:at] + rest


def _first(text: str, field: str, change: Callable[[str], str]) -> str:
    """The text with the first number of the first such field changed."""
    return re.sub(
        rf"(?m)^({field}=)(\S+)", lambda found: found[1] + change(found[2]), text, count=1
    )
