"""Acts as an EHR over a Bundle held in memory: resolves prefetch templates, builds the hook."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from cds_hooks.bundles.fhir_search import NotSupported, Resource, search
from cds_hooks.protocol.hooks import CONTEXTS
from cds_hooks.protocol.json import BOM

BASE = "https://ehr.example/fhir"
"""The base URL that full URLs and links carry; nothing answers there."""

_TOKEN = re.compile(r"{{([^{}]*)}}")
_USER_TYPES = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")
_FORMER_NAMES = {"MedicationRequest": "MedicationOrder"}


class UnusableBundle(ValueError):
    """The file cannot stand for a patient's chart; the message says why."""


def resources(bundle: bytes) -> list[Resource]:
    """The resources of any Bundle as a server holds them: `urn:uuid:` references resolved.

    Raises UnusableBundle if the bytes are not a JSON Bundle of resources.
    """
    try:
        entries = msgspec.json.decode(bundle.removeprefix(BOM), type=_Bundle).entry or ()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableBundle(f"not a FHIR Bundle in JSON: {error}") from None
    held = [
        (each.fullUrl, each.resource)
        for each in entries
        if each and each.resource and isinstance(each.resource.get("resourceType"), str)
    ]
    names = {url: _reference(resource) for url, resource in held if url}
    return [_renamed(resource, names) for _, resource in held]


def drafts(content: bytes) -> list[Resource]:
    """The resources of a Bundle, or a single resource, as draft orders.

    Raises UnusableBundle if the bytes are neither in JSON.
    """
    try:
        single = msgspec.json.decode(content.removeprefix(BOM), type=Resource)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableBundle(f"not FHIR in JSON: {error}") from None
    held = resources(content) if single.get("resourceType") == "Bundle" else [single]
    return [each | {"status": "draft"} for each in held]


def prefetch(
    held: list[Resource], templates: Mapping[str, str], *, context: Mapping[str, Any]
) -> dict[str, object]:
    """Resolves prefetch templates by key: a resource, None if there is none, or a searchset Bundle.

    A template with a token that `context` cannot fill leaves its key out; a search that this EHR
    cannot run gives an OperationOutcome.
    """
    tokens = _tokens(context)
    queries = {key: _filled(template, tokens) for key, template in templates.items()}
    return {key: _answer(held, query) for key, query in queries.items() if query is not None}


def hook_request(
    held: list[Resource], service: Mapping[str, Any], *, hook_instance: str
) -> dict[str, object]:
    """A whole request for a service as discovery describes it: its hook fires for this chart.

    Raises UnusableBundle if the chart cannot fill the hook's context.
    """
    hook = str(service.get("hook", ""))
    context = context_of(held, hook)
    return {
        "hook": hook,
        "hookInstance": hook_instance,
        "context": context,
        "prefetch": prefetch(held, service.get("prefetch", {}), context=context),
    }


def context_of(held: list[Resource], hook: str) -> dict[str, Any]:
    """The hook's context, from what the chart holds.

    The encounter is the one in progress, or for a hook about an encounter else the newest. Draft
    orders are the resources with the status draft, all of which are selected. Raises UnusableBundle
    if there is no Patient, no encounter where the hook is about one, or for a hook that is not one
    of `CONTEXTS`.
    """
    if hook not in CONTEXTS:
        raise UnusableBundle(f"no chart can fill the context of the hook {hook}")
    context: dict[str, Any] = {"userId": "Practitioner/example", "patientId": patient_id(held)}
    members = CONTEXTS[hook].__struct_fields__
    if encounter := _encounter(held, needed=CONTEXTS[hook].encounter_is_required()):
        context["encounterId"] = encounter
    drafts = [each for each in held if each.get("status") == "draft"]
    if "selections" in members:
        context["selections"] = [_reference(each) for each in drafts]
    if "draft_orders" in members:
        entries = [{"resource": each} for each in drafts]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return context


def _encounter(held: Iterable[Resource], *, needed: bool) -> str:
    encounters = [each for each in held if each["resourceType"] == "Encounter" and each.get("id")]
    under_way = [each for each in encounters if each.get("status") == "in-progress"]
    if under_way:
        return str(under_way[-1]["id"])
    if not needed:
        return ""
    if not encounters:
        raise UnusableBundle("the Bundle holds no Encounter, which this hook is about")
    return str(max(encounters, key=_began)["id"])


def _began(encounter: Resource) -> str:
    period = encounter.get("period")
    return str(period.get("start", "")) if isinstance(period, Mapping) else ""


def patient_id(held: Iterable[Resource]) -> str:
    """The id of the first Patient; raises UnusableBundle if there is none."""
    for resource in held:
        if resource["resourceType"] == "Patient" and isinstance(resource.get("id"), str):
            return str(resource["id"])
    raise UnusableBundle("the Bundle holds no Patient with an id")


class _Entry(msgspec.Struct):
    resource: Resource | None = None
    fullUrl: str | None = None  # noqa: N815 - FHIR's own name


class _Bundle(msgspec.Struct):
    resourceType: Literal["Bundle"]  # noqa: N815 - FHIR's own name
    entry: list[_Entry | None] | None = None


def _reference(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource.get('id')}"


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: names.get(each, each)
            if key == "reference" and isinstance(each, str)
            else _renamed(each, names)
            for key, each in value.items()
        }
    return [_renamed(each, names) for each in value] if isinstance(value, list) else value


def _tokens(context: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: value for name, value in context.items() if isinstance(value, str)}
    tokens = {f"context.{name}": value for name, value in texts.items()}
    kind, _, identifier = texts.get("userId", "").partition("/")
    return tokens | ({f"user{kind}Id": identifier} if kind in _USER_TYPES else {})


def _filled(template: str, tokens: Mapping[str, str]) -> str | None:
    if any(name not in tokens for name in _TOKEN.findall(template)):
        return None
    return _TOKEN.sub(lambda token: tokens[token[1]], template)


def _answer(held: list[Resource], query: str) -> Resource | None:
    if "?" not in query:
        return next((resource for resource in held if _reference(resource) == query), None)
    types = {resource["resourceType"] for resource in held}
    kind = query.partition("?")[0]
    if kind not in types and _FORMER_NAMES.get(kind) in types:
        # A DSTU2 server refuses a resource type that it does not know.
        return _outcome(f"resource type {kind} is not known")
    try:
        return search(held, query, base=BASE)
    except NotSupported as refusal:
        return _outcome(str(refusal))


def _outcome(text: str) -> Resource:
    issue = {"severity": "error", "code": "not-supported", "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
