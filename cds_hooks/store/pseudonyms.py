"""Pseudonyms of ids, by keyed HMAC-SHA-256 with the site's secrets, which can be rotated."""

import hmac
from dataclasses import dataclass, field
from functools import cache

SHORTEST = 16
"""Characters that a secret must have."""

_DIGITS = 32
"""Of the digest in hexadecimal: 128 bits, which no two ids share by chance."""

_UNIT = "\x1f"
"""Between the parts of what is digested, so that no two lists of parts read the same."""


class WeakSecret(ValueError):
    """There is no secret, or one that is too short; the message does not repeat it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The site's secrets, newest first, and whether ids are kept as they came (`plain`)."""

    secrets: tuple[bytes, ...] = field(repr=False)
    plain: bool = False

    def __post_init__(self) -> None:
        if not self.secrets or min(map(len, self.secrets)) < SHORTEST:
            raise WeakSecret(f"a secret must have {SHORTEST} characters or more")

    def of(self, kind: str, id: str, *, client: str) -> str:
        """What is kept of a client's id of that kind ("patient", ...): "<key id>:<digest>"."""
        if self.plain:
            return id
        # As `_keyed`, without its call: it is made for each resource that a call rests on.
        secret = self.secrets[0]
        told = f"{kind}{_UNIT}{client}{_UNIT}{id}".encode()
        return f"{_key_id(secret)}:{hmac.digest(secret, told, 'sha256').hex()[:_DIGITS]}"

    def every(self, kind: str, id: str, *, client: str) -> tuple[str, ...]:
        """All that may have been kept of the id, under this secret and those before it."""
        return (id, *(_keyed(secret, kind, client, id) for secret in self.secrets))

    def digest(self, *parts: str) -> str:
        """What identifies a text without giving it away: "<key id>:<digest>"."""
        return _keyed(self.secrets[0], *parts)


def secrets_in(text: str) -> tuple[bytes, ...]:
    """The secrets of a file or a variable: one a line, the newest first."""
    return tuple(line.strip().encode() for line in text.splitlines() if line.strip())


def _keyed(secret: bytes, *parts: str) -> str:
    digest = hmac.digest(secret, _UNIT.join(parts).encode(), "sha256").hex()[:_DIGITS]
    return f"{_key_id(secret)}:{digest}"


@cache
def _key_id(secret: bytes) -> str:
    return hmac.digest(secret, b"key id", "sha256").hex()[:8]
