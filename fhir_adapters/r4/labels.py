"""What a server says, by tags and security labels, of how much it shows of a resource or Bundle."""

from collections.abc import Iterator

from fhir_adapters.r4.datatypes import Meta

# Codes of HL7's v3 ObservationValue, which FHIR uses for both: https://hl7.org/fhir/R4/search.html
# (SUBSETTED) and https://hl7.org/fhir/R4/security-labels.html.
_SHORTENED = "SUBSETTED"
_MASKED = frozenset({"MASKED", "REDACTED"})


def shortened(meta: Meta | None) -> bool:
    """Whether parts were left out to keep the answer short."""
    return _SHORTENED in _labels(meta)


def masked(meta: Meta | None) -> bool:
    """Whether parts were left out because they are not for everyone."""
    return not _MASKED.isdisjoint(_labels(meta))


def _labels(meta: Meta | None) -> Iterator[str]:
    if meta is None:
        return
    for coding in (*(meta.tag or ()), *(meta.security or ())):
        if "observationvalue" in (coding.system or "").lower():
            yield (coding.code or "").strip().upper()
