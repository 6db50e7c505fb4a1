"""The code systems the adapters know, under the many identifiers real feeds give them."""

from collections.abc import Mapping
from types import MappingProxyType

IDENTIFIERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "loinc": ("loinc.org", "www.loinc.org", "2.16.840.1.113883.6.1", "ln", "loinc"),
        "snomed": (
            "snomed.info/sct",
            "2.16.840.1.113883.6.96",
            "sct",
            "snomed",
            "snomedct",
            "snomed-ct",
        ),
        "icd10": (
            "hl7.org/fhir/sid/icd-10",
            "hl7.org/fhir/sid/icd-10-cm",
            "hl7.org/fhir/sid/icd-10-us",
            "hl7.org/fhir/sid/icd-10-uk",
            "hl7.org/fhir/sid/icd-10-de",
            "hl7.org/fhir/sid/icd-10-nl",
            "fhir.de/codesystem/bfarm/icd-10-gm",
            "fhir.de/codesystem/dimdi/icd-10-gm",
            "id.who.int/icd/release/10",
            "2.16.840.1.113883.6.90",
            "2.16.840.1.113883.6.3",
            "i10",
            "icd10",
            "icd-10",
            "icd10cm",
            "icd10-cm",
            "icd-10-cm",
            "icd10gm",
            "icd-10-gm",
        ),
        "icd9": (
            "hl7.org/fhir/sid/icd-9-cm",
            "hl7.org/fhir/sid/icd-9-cm/diagnosis",
            "2.16.840.1.113883.6.103",
            "i9c",
            "i9cdx",
            "icd9",
            "icd-9",
            "icd9cm",
            "icd9-cm",
            "icd-9-cm",
        ),
        "sks": ("1.2.208.176.2.4", "sks", "1.2.208.176.2.4.12"),
        "npu": (
            "1.2.208.176.2.1",
            "npu-terminology.org",
            "www.npu-terminology.org",
            "npu",
            "labterm.dk",
        ),
        "rxnorm": (
            "www.nlm.nih.gov/research/umls/rxnorm",
            "2.16.840.1.113883.6.88",
            "rxnorm",
            "rxn",
        ),
        "atc": (
            "www.whocc.no/atc",
            "whocc.no/atc",
            "fhir.de/codesystem/bfarm/atc",
            "fhir.de/codesystem/dimdi/atc",
            "2.16.840.1.113883.6.73",
            "atc",
        ),
        "role-code": (
            "terminology.hl7.org/codesystem/v3-rolecode",
            "hl7.org/fhir/v3/rolecode",
            "2.16.840.1.113883.5.111",
        ),
        "hsloc": (
            "www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html",
            "2.16.840.1.113883.6.259",
        ),
        "admit-source": (
            "terminology.hl7.org/codesystem/admit-source",
            "hl7.org/fhir/admit-source",
        ),
        "discharge-disposition": (
            "terminology.hl7.org/codesystem/discharge-disposition",
            "hl7.org/fhir/discharge-disposition",
        ),
        "nubc-status": (
            "www.nubc.org/patient-discharge",
            "www.nubc.org/codesystem/patdischargestatus",
            "2.16.840.1.113883.6.301.5",
        ),
        # The NCBI's Genetic Testing Registry, as mCODE STU4 writes it.
        "gtr": ("www.ncbi.nlm.nih.gov/gtr",),
        "ichom-molecular": (
            "hl7.org/fhir/uv/ichom-breast-cancer/codesystem/molecularprofilingcodesystem",
        ),
        "ucum": ("unitsofmeasure.org", "2.16.840.1.113883.6.8", "ucum"),
    }
)
"""Each system's identifiers without scheme, trailing slash or `urn:oid:`, lower case."""

_BY_IDENTIFIER = {text: name for name, texts in IDENTIFIERS.items() for text in texts}
_SCHEMES = ("http://", "https://", "urn:oid:", "oid:")


def system_name(uri: str | None) -> str | None:
    """The short name of a code system, or None if it is not one of `IDENTIFIERS`.

    Scheme, case, surrounding space, a trailing slash and a `|version` are not significant.
    """
    if not uri:
        return None
    text = uri.strip().lower().partition("|")[0]
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    if text.startswith("snomed.info/sct/"):  # an edition or version of SNOMED CT
        text = "snomed.info/sct"
    return _BY_IDENTIFIER.get(text.rstrip("/ #"))
