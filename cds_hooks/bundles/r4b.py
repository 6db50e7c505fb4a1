"""What is not valid FHIR R4B in a resource, as the `fhir.resources` classes see it."""

from collections.abc import Iterator

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds_hooks.bundles.fhir_search import Resource


def problems(resource: Resource) -> Iterator[str]:
    """Each problem as "path: what is wrong"; codes are not held against required bindings."""
    kind = resource["resourceType"]
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            yield f"{'.'.join(map(str, found['loc']))}: {found['msg']}"
    except ValueError:
        yield f"{kind} is not a resource of R4B"
