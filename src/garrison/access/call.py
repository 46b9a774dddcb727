"""One AWS call on its walk through the house: everything later steps need, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from garrison.access.asked import Asked
from garrison.access.caller import Caller
from garrison.access.federation import Vouched
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check
from garrison.policy.request import Decision


@dataclass(slots=True, frozen=True)
class HttpRequest:
    """The request as it came off the wire."""

    method: str
    path: str
    """The raw path, still percent-encoded, without query string."""
    query: str
    """The raw query string, without `?`."""
    headers: tuple[tuple[str, str], ...]
    """Lower-case names, values as sent (latin-1), in order, repeats kept."""
    body: bytes
    source_ip: str
    secure: bool = False
    """True when the client spoke TLS to us (or to a trusted hop)."""

    def header(self, name: str) -> str | None:
        """The first value of a header (lower-case name), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


@dataclass(slots=True)
class Call:
    """What an operation sees. `params` are validated against the operation's model."""

    service: str
    operation: str
    params: dict[str, Any]
    caller: Caller
    account: str
    """The account the call acts in: the caller's, unless the operation says otherwise."""
    region: str
    partition: str
    request: HttpRequest
    request_id: str
    now: float
    """Seconds since the epoch, from the `Clock`; operations never read the time themselves."""
    runtime: Runtime
    decision: Decision | None = None
    context: dict[str, Any] = field(default_factory=dict)
    """The condition context the call was decided with (lower-case keys)."""
    vouched: Vouched | None = None
    """What an identity provider says of the caller, if the caller came with its word instead of a signature."""
    means: list[Check] | None = None
    """What must be allowed for it, where that was found out before it is decided."""
    prepared: Any = None
    """What the operation's `prepare` step returned (slow work done outside the transaction)."""
    checks: list[Asked] = field(default_factory=list)
    """What authorization asked and what was decided, in order; the last one is the denial, if there was one."""
    epochs: tuple[tuple[str, str, int], ...] = ()
    """The (domain, account, n) the decision rests on: a write whose transaction finds another n authorizes again."""
    let_through: AwsError | None = None
    """The denial that permissive mode recorded and let pass."""
    forwarded: bool = False
    """Whether an upstream does what is asked."""
    via: str | None = None
    """The service that makes the call in the caller's name (`s3.us-east-1.amazonaws.com`). No client can say so: only
    what is inside the house, through `Gateway.perform`."""
    later: Callable[[], dict[str, Any] | None] | None = None
    """Set by an operation that reads and found slow work to do (a key pair to make, a peer to ask), and then returns
    None: done on a pool thread, with no snapshot open, it gives the output, or raises what the operation would."""
    settled: Callable[[], bool] | None = None
    """Set by an operation that writes: the answer goes out when this says yes, of what the commit has brought about."""
    found: tuple[Any, dict[str, Any]] | None = None
    """What was looked up for the decision and the operation needs again: on which snapshot, and by which name."""
    noted: dict[str, Any] = field(default_factory=dict)
    """What the operation leaves for the trail beyond parameters and output: members of `additionalEventData`."""
    event_id: str | None = None
    """The id its trail record will have, for operations that tell it."""
    shared_with: tuple[str, ...] = ()
    """Further accounts whose trail gets this call's event (`sharedEventID`): that of a role assumed from outside it."""
