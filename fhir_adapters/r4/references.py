"""What references between FHIR resources point at."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from fhir_adapters.r4.datatypes import Resource
from fhir_adapters.r4.resources import Data

Pointed = TypeVar("Pointed", bound=Resource)


def relative(reference: str) -> str:
    """The "Type/id" of a relative, absolute or versioned reference; any other as it is."""
    path = reference.partition("/_history/")[0]
    parts = path.split("/")
    return "/".join(parts[-2:])


def reference_to(resource: Data, full_url: str) -> str:
    """How a resource is pointed at: "Type/id" or, where it has no id, by its fullUrl."""
    name = type(resource).__name__
    return f"{name}/{resource.id}" if resource.id else full_url or name


def contained(
    reference: str, resources: Iterable[Raw] | None, *, of: Decoder[Pointed]
) -> Iterator[Pointed]:
    """Of the resources inside the one that refers, those of that type with the id behind "#"."""
    for raw in resources or () if reference.startswith("#") else ():
        try:
            found = of.decode(raw)
        except (DecodeError, RecursionError):  # another type, or one that cannot be read
            continue
        if found.id == reference[1:]:
            yield found


def resolved(
    reference: str,
    held: Mapping[str, Pointed],
    *,
    resources: Iterable[Raw] | None,
    of: Decoder[Pointed],
) -> Pointed | None:
    """The resource that is contained, or held by fullUrl and "Type/id"; None if it is nowhere."""
    if reference.startswith("#"):
        return next(contained(reference, resources, of=of), None)
    return held.get(reference) or held.get(relative(reference))
