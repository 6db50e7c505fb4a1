"""A URL is read in one way or not at all."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.fhir_client.url import LONGEST_URL, NotAUrl, parse

BASE = "https://ehr.example/fhir"
ONE_SPELLING = {
    BASE: BASE,
    "https://ehr.example/fhir/": BASE,
    "HTTPS://EHR.Example:443/fhir": BASE,
    "http://ehr.example:80": "http://ehr.example",
    "https://ehr.example:8443/r4": "https://ehr.example:8443/r4",
    "https://127.0.0.1/fhir": "https://127.0.0.1/fhir",
    "https://[0:0::1]:8443/fhir": "https://[::1]:8443/fhir",
    "https://ehr_1.example/fhir?a=b%3Dc&d=": "https://ehr_1.example/fhir?a=b%3Dc&d=",
    "https://ehr.example/api/FHIR/R4/Patient/a.b-c_d": (
        "https://ehr.example/api/FHIR/R4/Patient/a.b-c_d"
    ),
}


@pytest.mark.parametrize(("spelled", "text"), ONE_SPELLING.items())
def test_a_url_has_one_spelling(spelled: str, text: str) -> None:
    assert parse(spelled).text == text
    assert parse(text) == parse(spelled)


@pytest.mark.parametrize(
    "url",
    [
        "https://1.2.3/fhir",
        "https://0127.0.0.1/fhir",
        "https://ehr.example.0x7f/fhir",
        "https://ehr..example/fhir",
        "https://-ehr.example/fhir",
        "https://ehr.example./fhir",
        f"https://{'a' * 64}.example/fhir",
        f"https://{'a.' * 130}example/fhir",
        "https://[::1%25lo]/fhir",
        "https://[::g]/fhir",
        "https://ehr.example:70000/fhir",
        "https://ehr.example/fhir?a=%zz",
        "https://ehr.example/fhir?a=b#c",
        "https://ehr.example/fh%69r",
        f"{BASE}?a={'b' * LONGEST_URL}",
    ],
)
def test_what_is_not_plain_is_no_url(url: str) -> None:
    with pytest.raises(NotAUrl):
        parse(url)


@pytest.mark.parametrize(
    ("url", "under"),
    [
        (f"{BASE}?_getpages=1", True),
        (f"{BASE}/Patient/1", True),
        ("https://ehr.example/fhirx/Patient/1", False),
        ("https://ehr.example/Patient/1", False),
        ("https://ehr.example:8443/fhir/Patient/1", False),
        ("http://ehr.example/fhir/Patient/1", False),
        ("https://other.example/fhir/Patient/1", False),
    ],
)
def test_under_a_base_are_itself_and_the_paths_below_it(url: str, under: bool) -> None:
    assert parse(url).under(parse(BASE)) is under


URLS = st.text(alphabet="htps:/@\\#?%.[]0127x-;= \tAé。", max_size=40)


@given(URLS)
def test_what_is_read_means_the_same_to_the_standard_library(rest: str) -> None:
    try:
        read = parse(f"https://{rest}")
    except NotAUrl:
        return
    other = urlsplit(f"https://{rest}")
    assert (read.host.strip("[]"), read.port) == (other.hostname, other.port or 443)
    assert read.path == other.path.rstrip("/")
    assert other.username is None
