"""One call of a client: whose it is, its number, and when it came."""

from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic


@dataclass(frozen=True, slots=True)
class Call:
    """Whose call it was, its correlation id, and when it came (aware).

    `began` is the same moment in seconds of the monotonic clock, from which the call's deadline
    counts. Of a call that is `private` no value that an assessment rests on is kept, whatever the
    site says.
    """

    client: str
    id: str
    at: datetime
    began: float = field(default_factory=monotonic)
    private: bool = False
