"""Numbers as feeds send them: units, bounds, fractions, and results in text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.r4.datatypes import Coding, Quantity
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.quantities import Amount, amount, parsed
from fhir_adapters.record import DropCode, Note, NoteCode
from fhir_adapters.terminology.codes import match_coding
from fhir_adapters.terminology.site import SiteMap
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.units import from_canonical, linear
from fhir_adapters.terminology.value_sets import concepts
from tests.fhir_adapters.sent import UCUM

PARSED = Note(NoteCode.PARSED, "read from text")


def context(**fields: object) -> Context:
    return Context("p1", SiteMap(**fields))  # type: ignore[arg-type]


def converted(text: str) -> Note:
    return Note(NoteCode.CONVERTED, f"converted from {text}")


def of(
    concept: str,
    value: float | None,
    unit: str | None = None,
    code: str | None = None,
    *,
    system: str | None = UCUM,
    comparator: str | None = None,
    hint: str | None = None,
) -> Amount:
    quantity = Quantity(value=value, unit=unit, code=code, system=system, comparator=comparator)
    return amount(quantity, concepts()[concept], hint=hint, context=context())


def text(concept: str, sent: str, hint: str | None = None) -> Amount:
    return parsed(sent, concepts()[concept], hint=hint, context=context())


def refused(concept: str, value: float | None, *args: str | None, **fields: str | None) -> Unusable:
    with pytest.raises(Unusable) as caught:
        of(concept, value, *args, **fields)
    return caught.value


def test_a_value_in_the_concepts_own_unit_is_left_as_it_is() -> None:
    assert of("creatinine", 1.1, "mg/dl", "mg/dL") == Amount(1.1)


def test_the_code_counts_where_its_system_is_ucum() -> None:
    assert of("creatinine", 88.4, "whatever", "umol/L").value == 1.0


@pytest.mark.parametrize("system", [None, "", "http://mimic.mit.edu/units"])
def test_the_unit_text_counts_where_the_system_is_another(system: str | None) -> None:
    assert of("creatinine", 88.4, "umol/L", "mg/dL", system=system).value == 1.0


def test_a_code_without_system_counts_where_there_is_no_text() -> None:
    assert of("creatinine", 88.4, None, "umol/L", system=None).value == 1.0


@pytest.mark.parametrize("system", [None, "", " "])
def test_a_code_without_system_counts_where_the_text_is_not_known(system: str | None) -> None:
    assert of("creatinine", 88.4, "per the laboratory", "umol/L", system=system).value == 1.0


def test_a_code_of_another_system_does_not() -> None:
    refusal = refused("creatinine", 88.4, "per the laboratory", "umol/L", system="urn:other")
    assert refusal.code is DropCode.UNKNOWN_UNIT


def test_a_code_without_system_is_read_as_ucum() -> None:
    assert refused("temperature", 37.0, "warm", "C", system=None).code is DropCode.UNKNOWN_UNIT


def test_a_text_that_says_there_is_no_unit_is_a_missing_unit() -> None:
    assert of("inr", 2.4, "N/A", None, system=None) == Amount(2.4)
    assert refused("weight", 80.0, "none", None, system=None).code is DropCode.NO_UNIT


def test_a_chart_of_ever_new_units_is_read_by_the_tables_alone_in_the_end() -> None:
    here = context()
    for number in range(200):
        here.unit(Quantity(unit=f"unit {number}"))
    assert here.unit(Quantity(unit="cg/L")) is None
    assert here.unit(Quantity(unit="mg/dl")) == "mg/dL"


def test_the_text_counts_where_ucum_has_no_code() -> None:
    assert of("creatinine", 88.4, "umol/L", "").value == 1.0
    assert of("creatinine", 88.4, "umol/L", None).value == 1.0


def test_a_converted_value_is_rounded_and_keeps_the_original() -> None:
    assert of("creatinine", 90, None, "umol/L") == Amount(
        1.0181, "", "90 umol/L", (converted("90 umol/L"),)
    )


def test_a_large_original_is_written_out() -> None:
    assert of("platelets", 1234567.5, None, "/uL").original == "1234567.5 /uL"


def test_another_name_of_the_same_unit_is_no_conversion() -> None:
    assert of("potassium", 4.1, "mEq/L", "meq/L") == Amount(4.1)


def test_a_value_is_rounded_to_the_precision_without_remark() -> None:
    assert of("potassium", 4.123456, "mmol/L", "mmol/L") == Amount(4.123)
    assert of("potassium", 4.123456, "meq/L", "meq/L") == Amount(4.123)


def test_a_unit_of_the_site_is_known() -> None:
    quantity = Quantity(value=88.4, unit="mikromol/liter")
    here = context(units={"mikromol/liter": "umol/L"})
    assert amount(quantity, concepts()["creatinine"], hint=None, context=here).value == 1.0


def test_no_number_is_an_absent_value() -> None:
    refusal = refused("creatinine", None, "mg/dL", "mg/dL")
    assert (refusal.code, refusal.text) == (DropCode.ABSENT, "no value")


def test_a_unit_that_is_not_known_is_refused() -> None:
    refusal = refused("creatinine", 1.0, "furlong", None)
    assert (refusal.code, refusal.text) == (DropCode.UNKNOWN_UNIT, "its unit is not known")


def test_coulomb_and_farad_are_no_temperatures() -> None:
    assert refused("temperature", 37.0, "°C", "C").code is DropCode.UNKNOWN_UNIT
    assert refused("temperature", 98.6, "°F", "F").code is DropCode.UNKNOWN_UNIT
    assert of("temperature", 98.6, "F", None, system=None).value == 37.0


def test_a_unit_of_another_dimension_is_refused() -> None:
    refusal = refused("creatinine", 1.0, "kg", "kg")
    assert refusal.code is DropCode.UNKNOWN_UNIT
    assert refusal.text == f"its unit does not measure {concepts()['creatinine'].label}"


def test_an_implausible_value_is_refused_after_conversion() -> None:
    refusal = refused("creatinine", 88.4, "mg/dL", "mg/dL")
    assert refusal.code is DropCode.IMPLAUSIBLE
    assert refusal.text == "outside the plausible range 0.1 to 30 mg/dL"
    assert refused("creatinine", 0.09, "mg/dL", "mg/dL").code is DropCode.IMPLAUSIBLE


def test_the_limits_of_the_plausible_range_are_plausible() -> None:
    assert of("creatinine", 30, "mg/dL", "mg/dL").value == 30
    assert of("creatinine", 0.1, "mg/dL", "mg/dL").value == 0.1


def test_no_number_is_infinite() -> None:
    assert refused("lpa", 1e308, None, "nmol/L").code is DropCode.IMPLAUSIBLE
    assert refused("platelets", float("inf"), None, "/uL").code is DropCode.IMPLAUSIBLE


@pytest.mark.parametrize(
    ("concept", "value", "unit", "canonical"),
    [
        ("temperature", 37.2, "Cel", 37.2),
        ("temperature", 98.6, "[degF]", 37.0),
        ("fio2", 0.4, "1", 40.0),
        ("fio2", 40.0, "%", 40.0),
        ("potassium", 4.1, "mmol/L", 4.1),
    ],
)
def test_a_missing_unit_is_assumed_where_only_one_fits(
    concept: str, value: float, unit: str, canonical: float
) -> None:
    read = of(concept, value)
    assumed = Note(NoteCode.UNIT_ASSUMED, f"no unit was sent; {unit} assumed")
    assert read.value == canonical
    assert read.notes[0] == assumed


@pytest.mark.parametrize(
    ("concept", "value"), [("weight", 80.0), ("height", 70.0), ("hemoglobin", 9.0), ("bun", 30.0)]
)
def test_a_missing_unit_is_not_guessed_among_several(concept: str, value: float) -> None:
    refusal = refused(concept, value)
    assert refusal.code is DropCode.NO_UNIT
    assert refusal.text == "it has no unit, and not just one would fit"


def test_a_missing_unit_is_not_guessed_where_none_fits() -> None:
    assert refused("temperature", 300.0).code is DropCode.NO_UNIT
    assert refused("ph", -1.0).code is DropCode.NO_UNIT


@pytest.mark.parametrize(("concept", "value"), [("gcs_total", 14), ("inr", 2.4), ("ph", 7.35)])
def test_scores_ratios_and_ph_have_no_unit_to_miss(concept: str, value: float) -> None:
    assert of(concept, value) == Amount(value)


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_unit_is_a_missing_one(blank: str) -> None:
    assert of("inr", 2.4, blank, blank) == Amount(2.4)


@pytest.mark.parametrize(
    ("concept", "value", "canonical"),
    [("fio2", 0.4, 40.0), ("fio2", 1.0, 100.0), ("spo2", 0.97, 97.0)],
)
def test_a_fraction_under_a_per_cent_sign_is_a_fraction(
    concept: str, value: float, canonical: float
) -> None:
    read = of(concept, value, "%", "%")
    assert read.value == canonical
    assert read.original == f"{value:g}"
    assert read.notes == (
        Note(NoteCode.UNIT_CONFLICT, "a fraction was sent as a percentage"),
        converted(f"{value:g}"),
    )


def test_only_oxygen_is_taken_for_a_fraction() -> None:
    assert of("bands", 1.0, "%", "%") == Amount(1.0)
    assert of("fio2", 21.0, "%", "%") == Amount(21.0)
    assert refused("spo2", 1.5, "%", "%").code is DropCode.IMPLAUSIBLE


def test_a_mass_code_with_a_molar_unit_is_trusted_by_its_unit_and_flagged() -> None:
    read = of("creatinine", 88.4, None, "umol/L", hint="mg/dL")
    conflict = Note(NoteCode.UNIT_CONFLICT, "its code stands for mg/dL, it came in umol/L")
    assert read.value == 1.0
    assert read.notes == (converted("88.4 umol/L"), conflict)
    assert of("creatinine", 1.0, None, "mg/dL", hint="umol/L").notes == (
        Note(NoteCode.UNIT_CONFLICT, "its code stands for umol/L, it came in mg/dL"),
    )
    assert of("creatinine", 1.0, None, "mg/dL", hint="mg/dL").notes == ()


def own(system: str, code: str, value: float, unit: str | None = None) -> Amount:
    """What is read of a number under a code that says its unit."""
    match = match_coding(Coding(system=system, code=code), SiteMap())
    assert match is not None
    assert match.own is not None
    quantity = Quantity(value=value, unit=unit)
    return amount(quantity, match.concept, hint=match.hint, context=context(), own=match.own)


@pytest.mark.parametrize(
    ("system", "code", "value", "unit", "canonical"),
    [
        ("npu", "NPU02192", 28.5, "mmol/L", 513.52),
        ("npu", "NPU18016", 250.0, "umol/L", 2.828),
        ("npu", "NPU03804", 80.0, "kg", 80.0),
        ("npu", "NPU28309", 65.0, "g/L", 6.5),
        ("npu", "NPU27300", 48.0, "mmol/mol", 6.543),
        ("loinc", "14749-6", 28.5, "mmol/L", 513.52),
        ("loinc", "14682-9", 106.0, "umol/L", 1.1991),
        ("loinc", "59261-8", 48.0, "mmol/mol", 6.543),
        ("loinc", "4548-4", 7.2, "%", 7.2),
        ("loinc", "4548-4", 12.0, "%", 12.0),
    ],
)
def test_a_missing_unit_is_the_one_that_the_code_stands_for(
    system: str, code: str, value: float, unit: str, canonical: float
) -> None:
    read = own(system, code, value)
    assert read.value == pytest.approx(canonical, rel=1e-4)
    text = f"no unit was sent; {unit} assumed, which its code stands for"
    assert read.notes[0] == Note(NoteCode.UNIT_ASSUMED, text)


@pytest.mark.parametrize(
    ("system", "code", "value"),
    [
        ("loinc", "14682-9", 8.0),  # creatinine in umol/L
        ("npu", "NPU01443", 12.0),  # calcium in mmol/L
        ("loinc", "4548-4", 48.0),  # HbA1c in %
        ("loinc", "59261-8", 6.5),  # HbA1c in mmol/mol
        ("npu", "NPU03429", 14.0),  # sodium in mmol/L
        ("loinc", "75940-7", 4.1),  # potassium in mg/dL, which is not read
    ],
)
def test_a_number_that_does_not_fit_the_unit_of_its_code_is_not_taken_for_another(
    system: str, code: str, value: float
) -> None:
    with pytest.raises(Unusable) as caught:
        own(system, code, value)
    assert caught.value.code is DropCode.NO_UNIT
    assert caught.value.text.endswith("which its code stands for")


def test_hba1c_in_mmol_per_mol_is_read_as_such_under_either_code() -> None:
    conflict = Note(NoteCode.UNIT_CONFLICT, "its code stands for %, it came in mmol/mol")
    read = own("loinc", "4548-4", 48.0, "mmol/mol")
    assert read.value == 6.543
    assert conflict in read.notes
    assert own("loinc", "59261-8", 48.0, "mmol/mol").value == 6.543


def test_a_unit_that_contradicts_its_code_is_used_where_the_number_fits_only_it() -> None:
    read = own("loinc", "14682-9", 1.1, "mg/dL")
    assert read.value == 1.1
    conflict = "its code stands for umol/L, it came in mg/dL"
    assert read.notes == (Note(NoteCode.UNIT_CONFLICT, conflict),)


def test_a_unit_that_contradicts_a_code_whose_own_is_not_read_is_used_and_flagged() -> None:
    read = own("loinc", "75940-7", 6.7, "mmol/L")
    assert read.value == 6.7
    conflict = "its code stands for mg/dL, it came in mmol/L"
    assert read.notes == (Note(NoteCode.UNIT_CONFLICT, conflict),)


def test_a_unit_that_contradicts_its_code_is_refused_where_the_number_fits_both() -> None:
    with pytest.raises(Unusable) as caught:
        own("loinc", "14749-6", 28.5, "mg/dL")
    assert caught.value.code is DropCode.UNKNOWN_UNIT
    text = "its code stands for mmol/L, it came in mg/dL, and the number fits both"
    assert caught.value.text == text


@pytest.mark.parametrize("comparator", ["<", "<=", ">", ">="])
def test_a_comparator_is_kept_as_a_bound(comparator: str) -> None:
    read = of("egfr", 60.0, None, "mL/min/{1.73_m2}", comparator=comparator)
    shown = f"reported as {comparator}60 mL/min/{{1.73_m2}}"
    assert read == Amount(60.0, comparator, "", (Note(NoteCode.BOUNDED, shown),))


def test_a_bound_is_converted() -> None:
    read = of("creatinine", 88.4, None, "umol/L", comparator="<")
    assert (read.value, read.bound, read.original) == (1.0, "<", "<88.4 umol/L")
    bounded = Note(NoteCode.BOUNDED, "reported as <88.4 umol/L")
    assert read.notes == (converted("<88.4 umol/L"), bounded)


@pytest.mark.parametrize(("sent", "kept"), [("<", ">"), ("<=", ">="), (">", "<"), (">=", "<=")])
def test_a_bound_on_hydrogen_ions_is_the_opposite_bound_on_ph(sent: str, kept: str) -> None:
    read = of("ph", 40.0, None, "nmol/L", comparator=sent)
    assert (read.value, read.bound) == (7.3979, kept)


@pytest.mark.parametrize("comparator", ["ad", "~", "="])
def test_another_comparator_is_refused(comparator: str) -> None:
    refusal = refused("egfr", 60.0, None, "mL/min/{1.73_m2}", comparator=comparator)
    assert refusal.code is DropCode.VALUE_TYPE
    assert refusal.text == "its comparator is not a bound"


@pytest.mark.parametrize(
    ("concept", "sent", "value"),
    [
        ("creatinine", "1.2 mg/dL", 1.2),
        ("creatinine", " 1.2mg/dL ", 1.2),
        ("creatinine", "1,2 mg/dL", 1.2),
        ("potassium", "4 mmol/L", 4.0),
        ("anion_gap", "-3 mmol/L", -3.0),
        ("creatinine", "0,123 mg/dL", 0.123),
        ("platelets", "1234,567 10*9/L", 1234.57),
        ("inr", "2.4", 2.4),
        ("spo2", "97 %", 97.0),
    ],
)
def test_a_number_with_a_unit_is_read_from_text(concept: str, sent: str, value: float) -> None:
    assert text(concept, sent) == Amount(value, notes=(PARSED,))


@pytest.mark.parametrize(
    ("sent", "value", "bound"),
    [
        ("<3 mg/g{creat}", 3.0, "<"),
        ("< 3 mg/g{creat}", 3.0, "<"),
        ("<=3 mg/g{creat}", 3.0, "<="),
        (">3 mg/g{creat}", 3.0, ">"),
        (">=3 mg/g{creat}", 3.0, ">="),
        ("≤3 mg/g{creat}", 3.0, "<="),
        ("≥ 3 mg/g{creat}", 3.0, ">="),
    ],
)
def test_a_bound_is_read_from_text(sent: str, value: float, bound: str) -> None:
    read = text("uacr", sent)
    assert (read.value, read.bound) == (value, bound)
    assert read.notes == (
        PARSED,
        Note(NoteCode.BOUNDED, f"reported as {bound}3 mg/g{{creat}}"),
    )


def test_text_is_converted_like_a_quantity() -> None:
    read = text("creatinine", "88,4 umol/L", hint="mg/dL")
    assert read.value == 1.0
    assert [note.code for note in read.notes] == ["parsed-from-text", "converted", "unit-conflict"]


@pytest.mark.parametrize(
    "sent",
    [
        "haemolysed",
        "TNP",
        "Aflyst",
        "NEGATIVE",
        "see comment",
        "",
        "1+",
        "1.2 haemolysed",
        "1.2 mg/dL (haemolysed)",
        "120/80",
        "5-10",
        "about 5",
        "1.2.3",
        "1,234",
        "-12,345",
        "150,000",
        "12e3",
        "<<3",
        "<",
        "less than 1.8",
        "1" + "0" * 40,
        "١",
    ],
)
def test_any_other_text_is_no_result(sent: str) -> None:
    with pytest.raises(Unusable) as caught:
        text("platelets", sent)
    assert caught.value.code is DropCode.UNREADABLE_TEXT
    assert caught.value.text == "its text is not a number with a unit"


def test_text_of_forty_characters_may_be_a_result() -> None:
    assert text("potassium", "4.1 mmol/L".rjust(40)).value == 4.1
    with pytest.raises(Unusable):
        text("potassium", "4.1 mmol/L".rjust(41))


def test_text_without_a_unit_is_treated_like_a_quantity_without_one() -> None:
    with pytest.raises(Unusable) as caught:
        text("weight", "80")
    assert caught.value.code is DropCode.NO_UNIT
    with pytest.raises(Unusable) as caught:
        text("creatinine", "80 kg")
    assert caught.value.code is DropCode.UNKNOWN_UNIT


@given(st.text(max_size=45))
@settings(max_examples=200, deadline=None)
def test_text_is_read_or_refused(sent: str) -> None:
    try:
        read = text("creatinine", sent)
    except Unusable:
        return
    assert isinstance(read.value, float)
    assert 0.1 <= read.value <= 30


SPELLINGS = [(row["text"], row["ucum"]) for row in rows("units") if row["ucum"]]
MEASURED = [
    (key, text, unit)
    for key, concept in concepts().items()
    for text, unit in SPELLINGS
    if not concept.coded and linear(concept, unit)
]


@given(st.sampled_from(MEASURED), st.floats(0, 1))
@settings(max_examples=500, deadline=None)
def test_a_value_in_any_spelling_of_any_unit_is_the_value_that_was_measured(
    sent: tuple[str, str, str], share: float
) -> None:
    key, spelled, unit = sent
    concept = concepts()[key]
    measured = round(concept.low + share * (concept.high - concept.low), concept.precision)
    value = from_canonical(concept, measured, unit)
    if spelled == "%" and value <= 1:  # a fraction under the sign of a percentage
        return
    read = of(key, value, spelled, None, system=None)
    assert read.value == pytest.approx(measured, abs=10**-concept.precision)
