"""What reading any resource of one call takes: whose chart it is, and the site it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from fhir_adapters.r4 import dates
from fhir_adapters.r4.datatypes import CodeableConcept, Period, Quantity, Reference, Resource
from fhir_adapters.r4.references import relative
from fhir_adapters.r4.resources import Device, Location, Medication, Observation, Specimen
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.record import DropCode, When
from fhir_adapters.terminology import unit_texts, units
from fhir_adapters.terminology.codes import Match, match_coding, match_text
from fhir_adapters.terminology.site import SiteMap
from fhir_adapters.terminology.systems import system_name


class Plain(Struct, frozen=True, gc=False):
    """A recognised code that came in a unit which is converted by a factor and an offset."""

    match: Match
    unit: str
    conversion: units.Conversion


_MOST_UNITS = 128
"""Different units of one chart, beyond which none is parsed as UCUM: each takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Context:
    """The patient, the site, and what references may point at.

    `patient_urls` are the fullUrls of the patient's own Patient resource; `medications`,
    `locations`, `specimens` and `devices` are by fullUrl and by "Type/id". What was worked out is
    remembered: a chart repeats the same few codes, times and units.
    """

    patient_id: str
    site: SiteMap
    patient_urls: frozenset[str] = frozenset()
    medications: Mapping[str, Medication] = field(default_factory=dict)
    locations: Mapping[str, Location] = field(default_factory=dict)
    specimens: Mapping[str, Specimen] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
    _matches: dict[tuple[str | None, str | None], Match | None] = field(default_factory=dict)
    _plains: dict[tuple[str | None, ...], Plain | None] = field(default_factory=dict)
    _times: dict[str, tuple[When, bool] | None] = field(default_factory=dict)
    _units: dict[tuple[str | None, ...], str | None] = field(default_factory=dict)
    _subjects: set[str] = field(default_factory=set)

    def match(self, code: CodeableConcept | None) -> Match | None:
        """The concept that any coding names, the preferred system's first, or the text."""
        if code is None:
            return None
        best: Match | None = None
        for coding in code.coding or ():
            key = coding.system, coding.code
            try:
                found = self._matches[key]
            except KeyError:
                found = self._matches.setdefault(key, match_coding(coding, self.site))
            if found and (best is None or found.rank < best.rank):
                best = found
        return best or (match_text(code.text, self.site) if code.text else None)

    def plain(self, code: CodeableConcept | None, quantity: Quantity) -> Plain | None:
        """What a code and a unit say, if the conversion is all that there may be to note."""
        if code is None or not code.coding or len(code.coding) > 1:
            return self._plain(code, quantity)
        coding = code.coding[0]
        sent = coding.system, coding.code, quantity.system, quantity.code, quantity.unit
        try:
            return self._plains[sent]
        except KeyError:
            return self._plains.setdefault(sent, self._plain(code, quantity))

    def _plain(self, code: CodeableConcept | None, quantity: Quantity) -> Plain | None:
        match, unit = self.match(code), self.unit(quantity)
        # One by the text has a note: what is remembered tells no text.
        if match is None or match.notes or not unit or units.conflicting(match.hint, unit):
            return None
        conversion = units.linear(match.concept, unit)
        return Plain(match, unit, conversion) if conversion else None

    def when(self, text: str) -> tuple[When, bool] | None:
        """A FHIR date or time, and whether the site's zone was assumed; None if it is none."""
        read = self._times.get(text)
        if read is None:  # mostly new, and an exception would cost more than a look
            read = self._times[text] = dates.when(text, zone=self.site.zone)
        return read

    def period(self, period: Period) -> tuple[When, bool] | None:
        """When a Period counts as having been, as `when` says it."""
        return dates.period(period.start, period.end, zone=self.site.zone)

    def unit(self, quantity: Quantity) -> str | None:
        """The UCUM unit that a Quantity came in: "" if it has none, None if it is not known.

        The `code` counts if its system is UCUM, else the `unit` as people wrote it; a code without
        a system counts where that is missing or not known.
        """
        sent = quantity.system, quantity.code, quantity.unit
        try:
            return self._units[sent]
        except KeyError:
            return self._units.setdefault(sent, self._ucum(quantity))

    def _ucum(self, quantity: Quantity) -> str | None:
        coded = bool(quantity.code) and system_name(quantity.system) == "ucum"
        text = (quantity.code if coded else quantity.unit or quantity.code) or ""
        found = self._meant(text, coded=coded) if text.strip() else ""
        if found is None and quantity.code and not (quantity.system or "").strip():
            return self._meant(quantity.code, coded=True)
        return found

    def _meant(self, text: str, *, coded: bool) -> str | None:
        parse = len(self._units) < _MOST_UNITS
        return unit_texts.ucum(text, coded=coded, local=self.site.units, parse=parse)

    def check_use(self, resource: Resource | Observation) -> None:
        """Raises Unusable for a resource that says it means something else than it seems to."""
        if resource.modifier_extension:
            raise Unusable(DropCode.MODIFIER, "an unknown extension changes its meaning")
        if resource.implicit_rules:
            raise Unusable(DropCode.IMPLICIT_RULES, "it follows rules that are not known here")

    def check_subject(self, subject: Reference | None) -> None:
        """Raises Unusable unless the reference points at this patient."""
        reference = (subject and subject.reference) or ""
        if reference not in self._subjects:
            self._check_reference(reference)
            self._subjects.add(reference)

    def _check_reference(self, reference: str) -> None:
        if not reference or reference.startswith("#"):
            raise Unusable(DropCode.NO_SUBJECT, "it does not say whose it is")
        target = relative(reference)
        if reference in self.patient_urls or target == f"Patient/{self.patient_id}":
            return
        if "/" in target and not target.startswith("Patient/"):
            raise Unusable(DropCode.NOT_THE_PATIENT, "it is not about a patient")
        raise Unusable(DropCode.WRONG_PATIENT, "it belongs to another patient")

    def is_lay(self, performer: Reference) -> bool:
        """Whether a reference points at the patient or a relative, who reported for themselves."""
        reference = performer.reference or ""
        kind = performer.type or relative(reference).partition("/")[0]
        return kind in ("Patient", "RelatedPerson") or reference in self.patient_urls
