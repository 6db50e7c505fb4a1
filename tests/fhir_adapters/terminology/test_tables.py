from fhir_adapters.terminology.tables import rows


def test_a_row_maps_every_column_to_text() -> None:
    panel = next(row for row in rows("panels") if row["code"] == "85354-9")
    assert panel == {
        "system": "loinc",
        "code": "85354-9",
        "display": "Blood pressure panel with all children optional",
        "holds": "sbp dbp map",
    }


def test_an_empty_cell_is_the_empty_text() -> None:
    smoking = next(row for row in rows("concepts") if row["key"] == "smoking_status")
    assert smoking["unit"] == ""
