from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct

from cds_hooks.settings.validation import mistakes


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    base: str
    port: Annotated[int, Meta(ge=1)] = 1

    def __post_init__(self) -> None:
        if self.base == "bad":
            raise ValueError("base: not a base")


class Named(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1), Meta(description="what it is called")]


class Whole(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    colour: Literal["red", "blue"] = "red"
    shade: Literal["dark", "light"] | None = None
    kinds: Annotated[tuple[Literal["a", "b"], ...], Meta(min_length=1)] = ("a",)
    parts: tuple[Part, ...] = ()
    named: dict[str, Part] = {}
    perhaps: Part | None = None
    needs: Named | None = None
    depth: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="how deep it is")] = None


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, []),
        ({"colour": "blue", "shade": "dark", "parts": [{"base": "x"}]}, []),
        ({"color": "red"}, ["color: there is no such key; colour may be meant"]),
        ({"zzz": 1}, ["zzz: there is no such key"]),
        ({"colour": "green"}, ["colour: 'green' is not one of red, blue"]),
        ({"shade": "x"}, ["shade: 'x' is not one of dark, light"]),
        ({"kinds": ["a", "c"]}, ["kinds[1]: 'c' is not one of a, b"]),
        ({"kinds": []}, ["kinds: expected a list of length >= 1"]),
        ({"kinds": "a"}, ["kinds: expected a list, got a text"]),
        ({"parts": [{"base": "x"}, {}]}, ["parts[1].base: it is needed"]),
        ({"named": {"one": {"base": 1}}}, ["named.one.base: expected a text, got a whole number"]),
        (
            {"named": {"one": {"base": "x", "port": 0}}},
            ["named.one.port: expected a whole number >= 1"],
        ),
        ({"named": {"one": {"base": "bad"}}}, ["named.one: base: not a base"]),
        ({"named": {"one": 1}}, ["named.one: expected a table, got a whole number"]),
        (
            {"perhaps": {"base": "x", "prt": 1}},
            ["perhaps.prt: there is no such key; port may be meant"],
        ),
        ({"perhaps": {}}, ["perhaps.base: it is needed"]),
        ({"depth": 0}, ["depth: expected a whole number >= 1 (how deep it is)"]),
        ({"depth": "x"}, ["depth: expected a whole number, got a text (how deep it is)"]),
        ({"needs": {}}, ["needs.name: it is needed (what it is called)"]),
        (1, ["expected a table, got a whole number"]),
    ],
)
def test_a_mistake_is_told_with_its_key(table: Any, told: list[str]) -> None:
    assert list(mistakes(Whole, table)) == told


def test_every_mistake_is_told() -> None:
    table = {"color": 1, "parts": [{}, {"base": 1, "extra": 2}], "colour": "green"}
    keys = [line.partition(":")[0] for line in mistakes(Whole, table)]
    assert sorted(keys) == ["color", "colour", "parts[0].base", "parts[1].base", "parts[1].extra"]
