"""What references between FHIR resources point at."""

from fhir_adapters.r4 import Data


def relative(reference: str) -> str:
    """The "Type/id" of a relative, absolute or versioned reference; any other as it is."""
    path = reference.partition("/_history/")[0]
    parts = path.split("/")
    return "/".join(parts[-2:])


def reference_to(resource: Data, full_url: str) -> str:
    """How a resource is pointed at: "Type/id" or, where it has no id, by its fullUrl."""
    name = type(resource).__name__
    return f"{name}/{resource.id}" if resource.id else full_url or name
