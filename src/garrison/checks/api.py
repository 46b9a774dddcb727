"""Asking an account, whichever way leads to it, and what is said when it does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

Output = dict[str, Any]


class NotRead(Exception):
    """Something could not be read. The text says what and why."""

    def __init__(self, what: str, why: str, *, absent: bool = False) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why
        self.absent = absent
        """There is no such service where one asked, so there is nothing of its kind either."""


class Refused(Exception):
    """The service answered with an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Api(Protocol):
    """Reads one account, in one region."""

    account: str
    region: str

    def call(self, service: str, operation: str, /, **params: Any) -> Output:
        """One call. Times are ISO 8601 texts. Raises `Refused` for a service's error a fact may expect (no such
        entity, none configured), and `NotRead` where the account could not be asked at all or may not be."""
        ...

    def several(self, service: str, operation: str, params: Sequence[Mapping[str, Any]], /) -> list[Output | Refused]:
        """The same call with several parameters, in their order, as fast as the way allows.

        An error of one call stands in its place; `unreadable` tells whether it means that nobody knows.
        """
        ...

    def regional(self) -> Sequence[Api]:
        """This account in every region that is assessed."""
        ...


_DENIED = frozenset(
    {
        "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "UnauthorizedException",
        "InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken", "ExpiredTokenException", "AuthFailure",
        "SignatureDoesNotMatch", "InvalidSignatureException", "MissingAuthenticationToken", "OptInRequired",
        "SubscriptionRequiredException", "Throttling", "ThrottlingException", "TooManyRequestsException",
        "RequestLimitExceeded", "ServiceUnavailable", "InternalFailure", "InternalServerError", "ServiceFailure",
    }
)  # fmt: skip
UNSERVED = frozenset(
    {"NotImplemented", "NotImplementedException", "UnsupportedOperation", "InvalidAction", "UnknownOperationException"}
)
"""What servers answer that do not know an operation."""


def unreadable(error: Refused) -> bool:
    """Whether an error means that the answer is unknown, rather than being the answer."""
    return error.code in _DENIED or error.code in UNSERVED or error.code.isdigit()


def readable(operation: str, answers: list[Output | Refused]) -> list[Output | Refused]:
    """The answers, if every one of them is one. Raises `NotRead`."""
    for answer in answers:
        if isinstance(answer, Refused) and unreadable(answer):
            raise NotRead(operation, str(answer))
    return answers


More = tuple[tuple[str | None, str, str], ...]
MORE: More = (
    ("IsTruncated", "Marker", "Marker"),
    ("Truncated", "NextMarker", "Marker"),
    (None, "NextToken", "NextToken"),
    (None, "nextToken", "nextToken"),
)
"""How services say that there is more: the flag, if they have one, the member of the answer, and of the next call."""


def pages(api: Api, service: str, operation: str, member: str, /, more: More = MORE, **params: Any) -> Iterator[Any]:
    """Everything a listing has, over all its pages."""
    given = dict(params)
    while True:
        answer = api.call(service, operation, **given)
        yield from answer.get(member) or ()
        for flag, out, into in more:
            if answer.get(out) and (flag is None or answer.get(flag)):
                given[into] = answer[out]
                break
        else:
            return
