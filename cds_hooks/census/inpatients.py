"""Who is in a bed: from a FHIR search, page by page, or from a file."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from cds_hooks.fhir_client import paging
from cds_hooks.fhir_client.response import NotFetched

MOST_PAGES, MOST_BYTES = 100, 50_000_000

Ask = Callable[[str, int], bytes]
"""Fetches a query of the site's server, or a page at a URL, of at most so many bytes."""


class NoCensus(Exception):
    """The census could not be had; the message says why, without an address."""


class Inpatient(Struct, frozen=True, order=True):
    """A patient in a bed, by bare ids; the encounter is "" where it is not known."""

    patient: str
    encounter: str = ""


class Census(Struct, frozen=True):
    """Everyone who was found, and whether that is all: a page may be lacking."""

    inpatients: tuple[Inpatient, ...]
    whole: bool


class _Reference(Struct):
    reference: str | UnsetType = UNSET


class _Resource(Struct, rename="camel"):
    resource_type: str = ""
    id: str | UnsetType = UNSET
    subject: _Reference | UnsetType = UNSET


class _Entry(Struct):
    resource: _Resource | UnsetType = UNSET


class _Bundle(Struct, rename="camel"):
    resource_type: Literal["Bundle"]
    entry: list[_Entry] | UnsetType = UNSET


def searched(ask: Ask, query: str) -> Census:
    """The census by a search of Encounters or Patients; raises NoCensus.

    Where the server says anything beside it, such as what it suppressed, it is not whole.
    """
    try:
        body, whole = paging.pages(
            ask(query, MOST_BYTES), ask, most=MOST_PAGES, most_bytes=MOST_BYTES
        )
        page = paging.page(body)
        if page is None:
            raise NoCensus("the census is no searchset")
        found = msgspec.json.decode(body, type=_Bundle)
    except NotFetched as error:
        raise NoCensus(f"the census was not fetched: {error}") from None
    except msgspec.DecodeError:
        raise NoCensus("the census is not FHIR") from None
    entries = [each.resource for each in found.entry or () if each.resource]
    doubtful = any(each.resource_type == "OperationOutcome" for each in entries)
    return Census(_once(_inpatients(entries)), (whole or not page.next) and not doubtful)


def listed(path: Path) -> Census:
    """The census of a CSV file; raises NoCensus."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise NoCensus(f"the census file cannot be read: {type(error).__name__}") from None
    if rows and "patient" not in rows[0]:
        raise NoCensus("the census file has no column patient")
    made = (
        Inpatient(
            _bare(each["patient"] or "", "Patient"), _bare(each.get("encounter") or "", "Encounter")
        )
        for each in rows
    )
    return Census(_once(each for each in made if each.patient), whole=True)


def _inpatients(resources: list[_Resource]) -> Iterator[Inpatient]:
    for each in resources:
        if each.resource_type == "Patient" and each.id:
            yield Inpatient(str(each.id))
        elif each.resource_type == "Encounter" and each.subject and each.subject.reference:
            patient = _bare(str(each.subject.reference), "Patient")
            if patient:
                yield Inpatient(patient, str(each.id) if each.id else "")


def _bare(reference: str, kind: str) -> str:
    """The id of a reference to that kind, however it was written; "" for another kind."""
    *before, identifier = reference.strip().split("/")
    return identifier if not before or before[-1] == kind else ""


def _once(found: Iterator[Inpatient]) -> tuple[Inpatient, ...]:
    """Each patient once, by their last encounter."""
    return tuple({each.patient: each for each in found}.values())
