"""The errors that a caller sees, each with its HTTP status, and their OperationOutcome."""

from dataclasses import dataclass
from typing import ClassVar

from msgspec import UNSET, Struct, UnsetType


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where: `expression` is the field's path; nothing here is what was sent."""

    text: str
    expression: str = ""
    diagnostics: str = ""


class CDSError(Exception):
    """A request that is answered with an OperationOutcome; `code` is FHIR's type of issue.

    `retry_after` is how many seconds later it may be sent again; 0 if that would not help.
    `further` are the other problems of the same request. No text may hold what the request held.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"
    retry_after: int = 0

    def __init__(
        self,
        text: str,
        *,
        expression: str = "",
        diagnostics: str = "",
        further: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(text)
        self.problems = (Problem(text, expression, diagnostics), *further)

    @property
    def expression(self) -> str:
        """The path of the first field that is wrong; "" if it is not about a field."""
        return self.problems[0].expression

    @property
    def diagnostics(self) -> str:
        """What a technician may want to know about the first problem."""
        return self.problems[0].diagnostics


class BadRequest(CDSError):
    """The body is not JSON, or not a hook request that this service can take."""

    status = 400
    code = "invalid"


class Unauthorized(CDSError):
    """Whoever calls has not proved to be a client; nothing tells why."""

    status = 401
    code = "login"


class Forbidden(CDSError):
    """The request is about something that another client was given."""

    status = 403
    code = "forbidden"


class NotFound(CDSError):
    """There is nothing at that address."""

    status = 404
    code = "not-found"


class MethodNotAllowed(CDSError):
    """The address answers other methods; the `Allow` header names them."""

    status = 405
    code = "not-supported"


class PreconditionFailed(CDSError):
    """What the service cannot do without was not sent and cannot be fetched."""

    status = 412
    code = "required"


class TooLarge(CDSError):
    """The body is longer than this server reads."""

    status = 413
    code = "too-long"


class UnsupportedMediaType(CDSError):
    """The body is declared as something other than plain JSON in UTF-8."""

    status = 415
    code = "not-supported"


class TooManyRequests(CDSError):
    """The caller asks more of this server in a minute than it may."""

    status = 429
    code = "throttled"

    def __init__(self, text: str, *, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class StoreUnavailable(CDSError):
    """The database cannot keep it now."""

    status = 503
    code = "no-store"
    retry_after = 5


class Details(Struct, frozen=True):
    """A CodeableConcept with its text alone."""

    text: str


class Issue(Struct, frozen=True, kw_only=True):
    """One issue of an OperationOutcome."""

    severity: str
    code: str
    details: Details
    diagnostics: str | UnsetType = UNSET
    expression: tuple[str, ...] | UnsetType = UNSET


class OperationOutcome(Struct, frozen=True, tag_field="resourceType", tag="OperationOutcome"):
    """FHIR's own way to say what went wrong."""

    issue: tuple[Issue, ...]


def operation_outcome(error: CDSError) -> OperationOutcome:
    """The error as an OperationOutcome: one issue a problem."""
    return OperationOutcome(tuple(_issue(error.code, problem) for problem in error.problems))


def acknowledgement(text: str) -> OperationOutcome:
    """That it was done: an OperationOutcome with one issue, which is none."""
    done = Issue(severity="information", code="informational", details=Details(text))
    return OperationOutcome((done,))


def _issue(code: str, problem: Problem) -> Issue:
    return Issue(
        severity="error",
        code=code,
        details=Details(problem.text),
        diagnostics=problem.diagnostics or UNSET,
        expression=(problem.expression,) if problem.expression else UNSET,
    )
