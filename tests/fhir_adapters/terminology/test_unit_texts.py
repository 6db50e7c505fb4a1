"""Unit texts as feeds write them: what is recognised, and what must not be."""

import csv
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.unit_texts import LONGEST, known_units, ucum
from fhir_adapters.terminology.units import linear
from fhir_adapters.terminology.value_sets import concepts

HERE = Path(__file__).parent
NUMERIC = sorted(key for key, concept in concepts().items() if not concept.coded)
LISTED = rows("units")


def _table(name: str) -> list[tuple[str, str]]:
    """Pairs of a text, in which what is not ASCII is escaped as in Python, and what it is."""
    with HERE.joinpath(name).open(encoding="ascii", newline="") as table:
        _, *pairs = csv.reader(table)
    return [(text.encode().decode("unicode_escape"), other) for text, other in pairs]


ACCEPTED = _table("accepted_units.csv")
REFUSED = _table("refused_units.csv")


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize(("text", "unit"), ACCEPTED, ids=ascii)
def test_a_usual_spelling_is_recognised(text: str, unit: str, coded: bool) -> None:
    assert ucum(text, coded=coded) == unit


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize(("text", "why"), REFUSED, ids=ascii)
def test_a_text_that_may_mean_another_size_or_quantity_is_refused(
    text: str, why: str, coded: bool
) -> None:
    assert ucum(text, coded=coded) is None, why


def test_the_tables_hold_no_text_twice_and_none_in_both() -> None:
    texts = [text for text, _ in (*ACCEPTED, *REFUSED)]
    assert len(texts) == len(set(texts))


def _same_numbers(one: str | None, other: str) -> bool:
    """Whether a number is the same value in both units, whatever they measure."""
    if one is None or one == other:
        return True
    sizes = [(linear(each, one), linear(each, other)) for each in concepts().values()]
    return all(a is None or b is None or a.size == b.size for a, b in sizes)


@given(st.sampled_from([*LISTED, *({"text": t, "ucum": u} for t, u in ACCEPTED)]), st.randoms())
@settings(max_examples=500, deadline=None)
def test_another_case_never_makes_another_size(row: dict[str, str], random: Random) -> None:
    cased = "".join(random.choice((letter.upper(), letter.lower())) for letter in row["text"])
    listed = {each["text"]: each["ucum"] for each in LISTED} | dict(ACCEPTED)
    assert _same_numbers(ucum(cased, coded=False), listed.get(cased, row["ucum"]))


LARGER = {"m": "M", "u": "m", "n": "u", "p": "n", "d": "da", "c": "h", "k": "M"}
PREFIXED = ("g", "mol", "L", "eq", "U", "kat", "Pa", "m")


@pytest.mark.parametrize("unit", sorted(known_units()))
def test_another_prefix_is_another_unit_or_none(unit: str) -> None:
    for small, large in LARGER.items():
        for symbol in PREFIXED:
            changed = unit.replace(small + symbol, large + symbol)
            if changed not in {unit, *(row["text"] for row in LISTED)}:
                assert ucum(changed, coded=True) != unit


@given(st.sampled_from(ACCEPTED), st.sampled_from("  \u00a0\u202f\u2009"))
def test_space_around_a_unit_and_at_its_slash_means_nothing(
    pair: tuple[str, str], space: str
) -> None:
    text, unit = pair
    spaced = f"{space}{text}{space}".replace("/", f"{space}/{space}")
    assert ucum(spaced, coded=False) == unit


def test_a_text_longer_than_any_unit_is_not_looked_at() -> None:
    assert ucum("mg/dL".ljust(LONGEST), coded=False) == "mg/dL"
    assert ucum("mg/dL".ljust(LONGEST + 1), coded=False) is None


def test_what_is_in_no_table_is_recognised_only_if_it_may_be_parsed() -> None:
    assert ucum("cg/L", coded=False) == "mg/dL"
    assert ucum("cg/L", coded=False, parse=False) is None
    assert ucum("mg/dl", coded=False, parse=False) == "mg/dL"


def test_the_words_and_characters_of_the_tables_are_there_once() -> None:
    for table, column in (("units", "text"), ("unit_words", "word")):
        texts = [row[column] for row in rows(table)]
        assert len(texts) == len(set(texts))
    for row in rows("unit_characters"):
        assert row["written"].replace("°", "").isascii()


@pytest.mark.parametrize("spelled", ["{}", "  {} "])
def test_every_synonym_is_recognised(spelled: str) -> None:
    read = {row["text"]: ucum(spelled.format(row["text"]), coded=False) for row in LISTED}
    assert read == {row["text"]: row["ucum"] for row in LISTED}


@pytest.mark.parametrize("unit", sorted(known_units()))
def test_a_ucum_unit_stands_for_itself(unit: str) -> None:
    assert ucum(unit, coded=True) == unit


@pytest.mark.parametrize("key", NUMERIC)
def test_every_canonical_unit_is_recognised(key: str) -> None:
    unit = concepts()[key].unit
    assert ucum(unit, coded=True) == unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("µmol/L", "umol/L"),
        ("μmol/L", "umol/L"),
        ("mcmol/L", "umol/L"),
        ("mg/dl", "mg/dL"),
        ("MG/DL", "mg/dL"),
        ("K/uL", "10*9/L"),
        ("10*3/uL", "10*9/L"),
        ("10*3/mm3", "10*9/L"),
        ("x10^9/L", "10*9/L"),
        ("×10⁹/L", "10*9/L"),
        ("mmHg", "mm[Hg]"),
        ("bpm", "/min"),
        ("{pulse}/min", "/min"),
        ("°C", "Cel"),
        ("C", "Cel"),
        ("°F", "[degF]"),
        ("F", "[degF]"),
        ("lbs", "[lb_av]"),
        ("(INR)", "{INR}"),
        ("%{HemoglobinA1C}", "%"),
        ("%{anything}", "%"),
        ("mEq/L", "meq/L"),
        ("IU/L", "U/L"),
        ("[iU]/L", "U/L"),
        ("kg/m²", "kg/m2"),
        ("mL/min/1.73m2", "mL/min/{1.73_m2}"),
        ("ml/min/1,73m2", "mL/min/{1.73_m2}"),
        ("mL/min/1.73  m2", "mL/min/{1.73_m2}"),
        ("mg/g", "mg/g{creat}"),
        ("mg/g{Creatinine}", "mg/g{creat}"),
        ("ng/mL{FEU}", "ug/L{FEU}"),
        ("ng/mL{DDU}", "ug/L{DDU}"),
        ("pg/mL", "pg/mL"),
        ("mcg/L", "ng/mL"),
    ],
)
def test_a_unit_is_recognised_as_feeds_write_it(text: str, unit: str) -> None:
    assert ucum(text, coded=False) == unit


@pytest.mark.parametrize("text", ["", " ", "mg", "furlong", "{foo}", "mg/dL/dL", "MM", "M"])
def test_any_other_unit_is_not(text: str) -> None:
    assert ucum(text, coded=False) is None


@pytest.mark.parametrize("text", ["C", "F", "c", " F "])
def test_a_coded_c_is_a_coulomb_and_a_coded_f_a_farad(text: str) -> None:
    assert ucum(text, coded=True) is None


def test_case_tells_millimetres_from_millimolar() -> None:
    assert ucum("mm", coded=False) == "mm"
    assert ucum("mM", coded=False) == "mmol/L"


def test_case_tells_giga_per_litre_from_grams_per_litre() -> None:
    assert ucum("G/L", coded=False) == "10*9/L"
    assert ucum("g/L", coded=False) == "g/L"


def test_the_sites_own_unit_goes_first() -> None:
    local = {"enh": "U/L", "C": "Cel"}
    assert ucum(" enh", coded=False, local=local) == "U/L"
    assert ucum("C", coded=True, local=local) == "Cel"


@given(st.text(), st.booleans())
def test_any_text_is_a_known_unit_or_none(text: str, coded: bool) -> None:
    assert ucum(text, coded=coded) in {*known_units(), "", None}


@given(st.text(alphabet="mguLdkMGnpol/.10*^()[]{}-+ HgFEU%", max_size=30), st.booleans())
@example("10*99/L", True)
@example("((((m))))", False)
@settings(max_examples=300, deadline=None)
def test_what_looks_like_a_unit_is_a_known_one_or_none(text: str, coded: bool) -> None:
    assert ucum(text, coded=coded) in {*known_units(), "", None}
