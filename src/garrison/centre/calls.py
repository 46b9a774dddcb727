"""AWS calls with one person's credentials."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from garrison.checks.collect.aws import Clients, client, jsonable
from garrison.checks.probe import Keys

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_GONE = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException")
SERVICES = ("sts", "garrison", "artifact", "guardduty", "inspector2", "shield")
"""Whose APIs the pages ask."""
_AT_ONCE = 8
_pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="garrison-centre-call")


class Refusal(Exception):
    """A call was answered with an error."""

    def __init__(self, action: str, code: str, message: str, request_id: str = "", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.action = action
        self.code = code
        self.message = message
        self.request_id = request_id
        self.status = status

    @property
    def denied(self) -> bool:
        """Whether policies said no."""
        return self.code in DENIED

    @property
    def missing(self) -> bool:
        """Whether what was asked for is not there."""
        return self.code in ("ResourceNotFoundException", "NoSuchEntity")


class SignedOut(Exception):
    """The credentials count no more."""


class Away(Exception):
    """Garrison does not answer. The text says why."""


class Tried(msgspec.Struct, frozen=True):
    """What came of a call that a page can do without."""

    value: Any = None
    refusal: Refusal | None = None

    @property
    def ok(self) -> bool:
        return self.refusal is None


class Calls:
    """Asks the APIs as one person. Methods raise `Refusal`, `SignedOut` and `Away`."""

    def __init__(self, url: str, region: str, keys: Keys, clients: Clients | None = None) -> None:
        self.url = url
        self.region = region
        self._keys = keys
        self._clients: Clients = {} if clients is None else clients

    def ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """One call; times in what comes out are ISO 8601 texts."""
        return _plain(self._invoke(service, operation, params))

    def document(self, service: str, operation: str, member: str, **params: Any) -> tuple[bytes, dict[str, Any]]:
        """One call that answers with a file: the bytes of `member`, and the rest."""
        output = self._invoke(service, operation, params)
        content = output.pop(member)
        return (content if isinstance(content, bytes) else content.read()), _plain(output)

    def pages(self, service: str, operation: str, member: str, most: int = 1000, **params: Any) -> list[Any]:
        """The members of every page, at most `most`."""
        found: list[Any] = []
        token: dict[str, str] = {}
        while True:
            output = self.ask(service, operation, **params, **token)
            found += output.get(member, ())
            name = next((n for n in ("nextToken", "NextToken") if output.get(n)), None)
            if name is None or len(found) >= most:
                return found[:most]
            token = {name: output[name]}

    def _invoke(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        made = client(self._clients, service, self.region, self._keys, self.url, attempts=1)
        try:
            output: dict[str, Any] = getattr(made, xform_name(operation))(**params)
        except ClientError as e:
            error, about = e.response.get("Error", {}), e.response.get("ResponseMetadata", {})
            code = str(error.get("Code", ""))
            if code in _GONE:
                raise SignedOut from None
            message, id = str(error.get("Message", "")), str(about.get("RequestId", ""))
            action = f"{made.meta.service_model.signing_name}:{operation}"
            raise Refusal(action, code, message, id, int(about.get("HTTPStatusCode", 400))) from None
        except (BotoCoreError, OSError) as e:
            raise Away(f"{type(e).__name__}: {e}") from None
        output.pop("ResponseMetadata", None)
        return output


def warm(url: str, region: str) -> None:
    """Load what the first calls would load, so that the first page does not wait for it."""
    calls: Clients = {}
    for service in SERVICES:
        client(calls, service, region, Keys("none", "none"), url, attempts=1)


def attempt(function: Callable[[], Any]) -> Tried:
    """What a call gives, or why it was refused."""
    try:
        return Tried(function())
    except Refusal as e:
        return Tried(refusal=e)


def together(**functions: Callable[[], Any]) -> dict[str, Tried]:
    """Several attempts at once, each under its name. None of them may ask for several itself: it would wait for who
    waits for it."""
    asked = {name: _pool.submit(attempt, function) for name, function in functions.items()}
    return {name: future.result() for name, future in asked.items()}


def _plain(output: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = jsonable(output)
    return plain
