"""Fetches the prefetch that was not sent from the EHR's FHIR server, within the call's deadline."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import monotonic

import msgspec
import structlog
from msgspec import UNSET

from cds_hooks.fhir_client import http, paging
from cds_hooks.fhir_client import url as urls
from cds_hooks.fhir_client.breaker import Breaker
from cds_hooks.fhir_client.queries import Query, query
from cds_hooks.fhir_client.response import Get, NotFetched
from cds_hooks.fhir_client.scopes import Grant, granted
from cds_hooks.fhir_client.url import NotAUrl
from cds_hooks.logs import described
from cds_hooks.protocol.errors import Details, Issue, OperationOutcome, PreconditionFailed
from cds_hooks.protocol.hooks import Context, FHIRAuthorization, HookRequest
from cds_hooks.protocol.prefetch import Fetch, Fetched
from cds_hooks.settings.clients import FhirServer
from cds_hooks.settings.fetch import FetchSettings

ASSESSING = 0.15
"""Seconds of the call's time that are kept for assessing what was fetched."""

UNAUTHORIZED = "fhirAuthorization was not sent"

# What a header can hold; what a token is beyond that is the authorization server's affair.
_TOKEN = re.compile(r"[!-~]+")

log = structlog.get_logger("cds_hooks")


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """One call's access to a FHIR server: what it shows, what it may ask, and until when."""

    server: FhirServer
    authorization: str
    scope: str
    until: float


@dataclass(frozen=True, slots=True)
class KeyQuery:
    """One key's query, or the page from which its search goes on (b"": none yet)."""

    url: str
    first: bytes = b""
    grant: Grant = Grant.WHOLE


@dataclass(frozen=True, slots=True)
class KeyValue:
    """One key's value, and whether a search was followed to its last page."""

    value: bytes
    whole: bool


class Fetcher:
    """What all calls of one process share: threads and a breaker for each server."""

    def __init__(self, settings: FetchSettings, *, get: Get = http.get) -> None:
        self.settings = settings
        self._get = get
        self._lock = Lock()
        self._breakers: dict[str, Breaker] = {}
        self._threads: dict[str, ThreadPoolExecutor] = {}

    def for_call(self, servers: Sequence[FhirServer], *, began: float) -> Fetch:
        """How a call is fetched for, of a client with these servers.

        `began` is when the call came, in seconds of the monotonic clock.
        """
        until = began + self.settings.deadline_ms / 1000 - ASSESSING
        return partial(self._fetch, tuple(servers), until)

    def _fetch(
        self,
        servers: tuple[FhirServer, ...],
        until: float,
        request: HookRequest[Context],
        templates: Mapping[str, str],
    ) -> Fetched:
        """What was not sent, and the further pages of what was; see `Fetch`."""
        access = _access(request, servers, until)
        if isinstance(access, str):
            return _nothing(access, templates.keys() - request.prefetch.keys())
        wanted = dict(_asked(access, request, templates))
        asked = {key: each for key, each in wanted.items() if isinstance(each, KeyQuery)}
        outcomes = self._outcomes(access, asked) if asked else {}
        failed = {key: each for key, each in outcomes.items() if isinstance(each, NotFetched)}
        refused = {key: each for key, each in wanted.items() if isinstance(each, str)}
        refused |= {key: str(each) for key, each in failed.items()}
        if refused:
            log.warning("unfetched", outcomes=[f"{key} {why}" for key, why in refused.items()])
        got = {key: each for key, each in outcomes.items() if isinstance(each, KeyValue)}
        values = {key: each.value for key, each in got.items()}
        lacking = failed.keys() - request.prefetch.keys()
        values |= self._instead({key: failed[key] for key in sorted(lacking)})
        whole = frozenset(key for key, each in got.items() if each.whole)
        return Fetched(values, whole, refused)

    def _outcomes(
        self, access: Access, asked: Mapping[str, KeyQuery]
    ) -> Mapping[str, KeyValue | NotFetched]:
        breaker, threads = self._of(access.server)
        if not breaker.admits(monotonic()):
            return dict.fromkeys(asked, NotFetched("left alone"))
        # A context of its own for each, so that what its thread logs is known as this call's.
        running = {
            key: threads.submit(copy_context().run, self._got, access, each)
            for key, each in asked.items()
        }
        wait(running.values(), timeout=max(0.0, access.until - monotonic()))
        outcomes = {key: _outcome(each) for key, each in running.items()}
        breaker.record(worked=any(map(_works, outcomes.values())), now=monotonic())
        return outcomes

    def _got(self, access: Access, asked: KeyQuery) -> KeyValue:
        follow = partial(self._body, access)
        first = asked.first or follow(asked.url, self.settings.most_bytes)
        value, whole = paging.pages(
            first, follow, most=self.settings.most_pages, most_bytes=self.settings.most_bytes
        )
        if asked.grant is Grant.PART:
            return KeyValue(paging.partial(value), False)
        return KeyValue(value, whole)

    def _body(self, access: Access, url: str, most_bytes: int) -> bytes:
        fetch = partial(
            self._get,
            url,
            access.server,
            headers={"Authorization": access.authorization, "Accept": "application/fhir+json"},
            until=access.until,
            most_bytes=most_bytes,
        )
        try:
            return fetch().body
        except NotFetched as error:
            if not error.again:
                raise
            return fetch().body

    def _instead(self, failed: Mapping[str, NotFetched]) -> Mapping[str, bytes]:
        for key in failed:
            if self.settings.policy(key) == "fail":
                raise PreconditionFailed(
                    f"the prefetch key {key} was not sent and could not be fetched",
                    expression=f"prefetch.{key}",
                    diagnostics=f"not fetched: {failed[key]}",
                )
        kept = {key for key in failed if self.settings.policy(key) == "operation_outcome"}
        return {key: _outcome_of(failed[key]) for key in kept}

    def _of(self, server: FhirServer) -> tuple[Breaker, ThreadPoolExecutor]:
        """The server's own breaker and threads, so that it does not use up those of the others."""
        base, chosen = server.base, self.settings
        with self._lock:
            if base not in self._breakers:
                self._breakers[base] = Breaker(failures=chosen.failures, rest=chosen.rest_seconds)
                self._threads[base] = ThreadPoolExecutor(chosen.at_once, "fetch")
            return self._breakers[base], self._threads[base]


def _nothing(why: str, keys: Collection[str]) -> Fetched:
    """That none of the keys was fetched, for one reason; "" if no one meant us to."""
    if not (why and keys):
        return Fetched({})
    if why != UNAUTHORIZED:  # who gives none does not mean us to fetch, call after call
        log.warning("unfetched", outcomes=[why])
    return Fetched({}, unfetched=dict.fromkeys(keys, why))


def _access(
    request: HookRequest[Context], servers: Sequence[FhirServer], until: float
) -> Access | str:
    """The access that the call gives us to one of its client's servers, or why there is none."""
    authorization = request.fhir_authorization
    if not request.fhir_server:
        return ""
    if authorization is UNSET:
        return UNAUTHORIZED
    server = _registered(request.fhir_server, servers)
    if server is None:
        return "fhirServer is not registered for this client"
    if why := _unusable(authorization):
        return f"no usable token: {why}"
    if authorization.expires_in is not UNSET:
        until = min(until, monotonic() + authorization.expires_in)
    # req-061: with each call. The token is written out nowhere but here.
    shown = "Bearer " + authorization.access_token
    return Access(server, shown, authorization.scope or "", until)


def _unusable(authorization: FHIRAuthorization) -> str:
    """Why the token is not used; "" if it is. Nothing that was sent is repeated."""
    # The standard requires the type, and OAuth forbids the use of a token of one that is not known.
    if (authorization.token_type or "").lower() != "bearer":
        return "token_type must be Bearer"
    if not _TOKEN.fullmatch(authorization.access_token):
        return "access_token holds a character that no header may"
    if authorization.expires_in is not UNSET and authorization.expires_in <= 0:
        return "expires_in says that it has expired"
    return ""


def _registered(base: str, servers: Sequence[FhirServer]) -> FhirServer | None:
    try:
        named = urls.parse(base)
        return next((each for each in servers if urls.parse(each.base) == named), None)
    except NotAUrl:
        return None


def _asked(
    access: Access, request: HookRequest[Context], templates: Mapping[str, str]
) -> Iterator[tuple[str, KeyQuery | str]]:
    """What is not given, or why it may not be asked; a null or an OperationOutcome was given."""
    for key, template in templates.items():
        asked = _allowed(access, query(template, request.context))
        if key not in request.prefetch:
            yield key, asked
        elif (
            isinstance(asked, KeyQuery)
            and (found := paging.page(bytes(request.prefetch[key])))
            and found.next
        ):
            yield key, KeyQuery(asked.url, bytes(request.prefetch[key]))


def _allowed(access: Access, wanted: Query | None) -> KeyQuery | str:
    if wanted is None:
        return "the context does not fill its query"
    grant = granted(access.scope, wanted.kind, wanted.interaction)
    if grant is Grant.NONE:
        return f"the scope does not grant {wanted.interaction} of {wanted.kind}"
    return KeyQuery(f"{access.server.base.rstrip('/')}/{wanted.text}", grant=grant)


def _outcome(running: Future[KeyValue]) -> KeyValue | NotFetched:
    if running.cancel() or not running.done():
        return NotFetched("late")
    error = running.exception()
    if error is None:
        return running.result()
    if isinstance(error, NotFetched):
        return error
    log.error("failed", **described(error))
    return NotFetched("broken")


def _works(outcome: KeyValue | NotFetched) -> bool:
    """Whether the server does its work; to refuse a token or a query is part of it."""
    return isinstance(outcome, KeyValue) or (400 <= outcome.status < 500 and outcome.status != 429)


def _outcome_of(error: NotFetched) -> bytes:
    """What the EHR might have sent in the key's place."""
    issue = Issue(severity="error", code="incomplete", details=Details(f"not fetched: {error}"))
    return msgspec.json.encode(OperationOutcome((issue,)))
