"""The file of a site's own SNOMED CT codes: written, read back, and refused where it is not one."""

from pathlib import Path

import pytest

from fhir_adapters.record import Standing
from fhir_adapters.terminology.site import SiteMap, with_snomed
from fhir_adapters.terminology.site_codes import SiteCodesError, read_site_codes, written
from tests.fhir_adapters.sent import condition, read

CODES = {900002: frozenset({"mi"}), 900001: frozenset({"diabetes_t2", "ckd"})}
NAMES = {900001: 'A "quoted", new finding (finding)'}


def kept(folder: Path, text: str) -> Path:
    file = folder / "snomed-codes.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_what_is_written_is_read_with_the_wider_concepts(tmp_path: Path) -> None:
    codes = read_site_codes(kept(tmp_path, written(CODES, NAMES, effective="20260901")))
    assert codes == {
        "900001": frozenset({"diabetes_t2", "diabetes", "ckd"}),
        "900002": frozenset({"mi", "cad", "ascvd"}),
    }


def test_the_file_is_in_the_order_of_the_codes_and_holds_their_names() -> None:
    lines = written(CODES, NAMES, effective="20260901").splitlines()
    assert lines[0].startswith("cds-hooks SNOMED CT descendants 1,20260901,")
    assert lines[1:] == [
        "code,concepts,name",
        '900001,ckd diabetes_t2,"A ""quoted"", new finding (finding)"',
        "900002,mi,",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("cds-hooks SNOMED CT", "another"), "not a file of"),
        (("code,concepts", "code;concepts"), "not a file of"),
        (("20260901,", "20260901,x"), "compiled by another version"),
        (("900002,mi", "x,mi"), "a line without a code"),
        (("900002,mi", "900002,unknown"), "a line without a known condition"),
        (("900002,mi", "900002,"), "a line without a known condition"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    text = written(CODES, NAMES, effective="20260901").replace(*change)
    with pytest.raises(SiteCodesError, match=said):
        read_site_codes(kept(tmp_path, text))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteCodesError, match="No such file"):
        read_site_codes(tmp_path / "none.csv")
    (tmp_path / "b").write_bytes(b"\xff\xfe")
    with pytest.raises(SiteCodesError, match="not a CSV in UTF-8"):
        read_site_codes(tmp_path / "b")


def test_a_condition_is_read_by_the_sites_own_codes() -> None:
    site = with_snomed(SiteMap(), {"900001": frozenset({"ckd"})})
    (found,) = read(condition("900001"), site=site).conditions
    assert found.concepts == {"ckd"}
    assert found.standing is Standing.ACTIVE
    assert read(condition("900001")).conditions == ()


def test_the_sites_own_codes_count_only_as_snomed_ct() -> None:
    site = with_snomed(SiteMap(), {"900001": frozenset({"ckd"})})
    assert read(condition("900001", "http://hl7.org/fhir/sid/icd-10"), site=site).conditions == ()
