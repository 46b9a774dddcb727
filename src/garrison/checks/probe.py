"""How a behavioural check tries something: as whom, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec


class Keys(msgspec.Struct, frozen=True):
    """What signs a call."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    """HTTP status."""
    code: str = ""
    """The error's code; empty if there was none."""
    message: str = ""
    output: dict[str, Any] = {}

    @property
    def ok(self) -> bool:
        return not self.code

    @property
    def denied(self) -> bool:
        """Whether authorization refused it, as each of AWS's protocols says that."""
        return self.code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")

    @property
    def unserved(self) -> bool:
        """Whether nobody is there who could do it."""
        return self.status == 501 or self.code in ("NotImplemented", "NotImplementedException", "InvalidAction")


class Person(msgspec.Struct, frozen=True):
    """A throw-away user."""

    name: str
    arn: str
    keys: Keys


class Probe(Protocol):
    """Calls of one account's services, as whomever a check wants. Everything it makes is gone when the check ends."""

    account: str
    region: str
    whole: bool
    """What is not served there is not anywhere: it is a Garrison of ours, not one endpoint of many."""

    @property
    def own(self) -> Keys:
        """The credentials the assessment itself has in the account. Raises `NotRead` if it has none."""
        ...

    def call(
        self,
        service: str,
        operation: str,
        params: Mapping[str, Any] | None = None,
        *,
        keys: Keys | None,
        region: str | None = None,
    ) -> Answer:
        """One call, signed with `keys`, or unsigned. Raises `NotRead` if nobody answers at all."""
        ...

    def request(self, url: str) -> int:
        """The status of the answer to a GET of an http or https address; redirects are not followed. Raises `NotRead`
        if nobody answers."""
        ...

    def user(
        self, policies: Sequence[Mapping[str, Any]] = (), *, boundary: str | None = None
    ) -> AbstractContextManager[Person]:
        """A throw-away user with these inline policies and an access key. Raises `NotRead` if none can be made."""
        ...

    def simulated(self, principal: str, action: str, resource: str = "*", *, region: str | None = None) -> bool:
        """What would be decided for a principal (ARN) that does not act. Raises `NotRead`."""
        ...
