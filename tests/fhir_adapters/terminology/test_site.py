from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from fhir_adapters.terminology.site import SiteMap, SiteMapError, site_map


def test_an_empty_site_map_adds_nothing() -> None:
    assert site_map({}) == SiteMap()
    assert SiteMap().zone is UTC
    assert not SiteMap().codes


def test_a_site_map_is_read_from_its_tables() -> None:
    site = site_map(
        {
            "zone": "Europe/Copenhagen",
            "codes": {"urn:lab": {"CREA": "creatinine", "K": "potassium"}},
            "condition_codes": {"urn:dx": {"AF": "atrial_fibrillation"}},
            "medication_codes": {"urn:drug": {"ATO20": "statin"}},
            "units": {"mikromol/l": "umol/L"},
            "text_codes": {" Serum Creatinine": "creatinine"},
            "locations": {"Location/MICU": "intensive_care"},
        }
    )
    assert site.zone == ZoneInfo("Europe/Copenhagen")
    assert site.codes == {("urn:lab", "CREA"): "creatinine", ("urn:lab", "K"): "potassium"}
    assert site.condition_codes == {("urn:dx", "AF"): "atrial_fibrillation"}
    assert site.medication_codes == {("urn:drug", "ATO20"): "statin"}
    assert site.units == {"mikromol/l": "umol/L"}
    assert site.text_codes == {"serum creatinine": "creatinine"}
    assert site.locations == {"location/micu": "intensive_care"}


@pytest.mark.parametrize(
    ("tables", "where"),
    [
        ({"zones": "UTC"}, "zones"),
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"zone": "../secrets"}, "zone"),
        ({"zone": 1}, "zone"),
        ({"codes": "creatinine"}, "codes"),
        ({"codes": {"urn:lab": "creatinine"}}, "codes.urn:lab"),
        ({"codes": {"urn:lab": {"CREA": "kreatinin"}}}, "codes.urn:lab.CREA"),
        ({"condition_codes": {"urn:dx": {"X": "creatinine"}}}, "condition_codes.urn:dx.X"),
        ({"medication_codes": {"urn:drug": {"X": "mi"}}}, "medication_codes.urn:drug.X"),
        ({"units": {"x": "furlong"}}, "units.x"),
        ({"units": {"x": 1}}, "units.x"),
        ({"text_codes": {"x": "mi"}}, "text_codes.x"),
        ({"locations": {"x": "ward"}}, "locations.x"),
        ({"locations": ["x"]}, "locations"),
    ],
)
def test_a_mistake_is_named(tables: dict[str, object], where: str) -> None:
    with pytest.raises(SiteMapError) as refused:
        site_map(tables)
    assert where in str(refused.value)


def test_a_site_map_cannot_be_changed() -> None:
    site = site_map({"units": {"x": "mg/dL"}})
    with pytest.raises(TypeError):
        site.units["y"] = "mg/dL"  # type: ignore[index]
