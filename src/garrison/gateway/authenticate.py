"""From a request to a verified caller. There is no other way to one.

Long-term keys come from the registered principal provider, temporary ones from their sealed token. What was read of a
long-term key is kept with the epoch it was read at, and read again once the epoch of its account has moved.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import msgspec

from garrison.access.accounts import account
from garrison.access.call import HttpRequest
from garrison.access.caller import Caller
from garrison.access.principals import Credential, principals
from garrison.access.runtime import Runtime
from garrison.access.tokens import TokenExpired, TokenInvalid, open_token
from garrison.aws import models
from garrison.aws.generations import Generations
from garrison.aws.ids import account_of
from garrison.aws.partitions import global_region, partition_of
from garrison.gateway import sigv4
from garrison.gateway.chunked import decode_chunks
from garrison.gateway.refusal import EXPIRED_TOKEN_TEXT, MISSING_TEXT, UNKNOWN_KEY_TEXT, Refused, Why
from garrison.policy.principal import Anonymous, Root
from garrison.store import Reader

EPOCH = "iam"
_REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")


class Target(msgspec.Struct, frozen=True):
    """What must be known of the called operation to judge a signature."""

    service: str
    operation: str
    signing_name: str
    endpoint_prefix: str
    unsigned: bool = False
    """AWS takes this operation without a signature."""


def _may_leave_unsigned(claim: sigv4.Claim, target: Target) -> bool:
    """Whether the payload may go unsigned. Opens a model, so ask it of verified callers only."""
    if claim.service in sigv4.S3_SERVICES:
        return True
    return bool(models.operation(target.service, target.operation).unsigned_payload)


class Verified(msgspec.Struct, frozen=True):
    """A caller that proved itself, where its call is scoped to, and the request with its body as it was meant."""

    caller: Caller
    region: str
    request: HttpRequest


class Head(msgspec.Struct, frozen=True):
    """A caller that proved itself by the head of a request. Its body is still to be held against `payload`."""

    caller: Caller
    region: str
    payload: str
    """SHA-256 of the body, `UNSIGNED-PAYLOAD`, or the kind of streaming payload."""
    claim: sigv4.Claim | None = None
    secret: str | None = None
    """None where nothing is proved: callers AWS takes unsigned, and strangers in permissive mode."""


class _Known(msgspec.Struct, frozen=True):
    credential: Credential
    caller: Caller
    epoch: int


def _declared(claim: sigv4.Claim, request: HttpRequest) -> str:
    # A service whose clients do not declare the hash signs it all the same: its bodies are never streamed.
    declared = sigv4.declared_payload(claim, request)
    if declared is None:
        raise Refused(Why.PAYLOAD)
    return declared


class Authenticator:
    """Verifies requests of one Garrison. Its only state is a cache of long-term keys."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._keys: Generations[str, _Known] = Generations(8192)

    def __call__(self, request: HttpRequest, target: Target, reader: Reader, now: float) -> Verified:
        """The verified caller. Raises `Refused`."""
        head = self._head(request, target, reader, now, sigv4.payload_hash)
        if head.claim is not None and head.secret is not None and head.payload.startswith("STREAMING-"):
            request = dataclasses.replace(request, body=decode_chunks(head.claim, request, head.secret, head.payload))
        return Verified(head.caller, head.region, request)

    def head(self, request: HttpRequest, target: Target, reader: Reader, now: float) -> Head:
        """The caller of a request whose body is still to come. Raises `Refused`."""
        return self._head(request, target, reader, now, _declared)

    def _head(
        self,
        request: HttpRequest,
        target: Target,
        reader: Reader,
        now: float,
        payload_of: Callable[[sigv4.Claim, HttpRequest], str],
    ) -> Head:
        if target.unsigned:
            return Head(Caller(Anonymous()), self._region(self._runtime.region, target), sigv4.UNSIGNED_PAYLOAD)
        claim = sigv4.read_claim(request)
        if claim is None:
            raise Refused(Why.MISSING, MISSING_TEXT)
        # A Garrison is of one partition: ARNs of another one would slip past policies that name this one's.
        known_region = (
            _REGION.fullmatch(claim.region) is not None and partition_of(claim.region) == self._runtime.partition
        )
        sigv4.check_scope(claim, target.signing_name, known_region)
        sigv4.check_time(claim, now)
        sigv4.check_headers(claim, request)
        payload = payload_of(claim, request)
        region = self._region(claim.region, target)
        found = self._find(claim, reader)
        if found is None:
            return Head(self._stranger(claim, reader), region, payload, claim)
        caller, secret = found
        sigv4.verify(claim, request, secret, payload)
        if payload == sigv4.UNSIGNED_PAYLOAD and not _may_leave_unsigned(claim, target):
            raise Refused(Why.PAYLOAD)
        return Head(caller, region, payload, claim, secret)

    def _region(self, region: str, target: Target) -> str:
        """Where the call acts. Clients given an endpoint sign global services for whatever region they have."""
        return global_region(self._runtime.partition, target.endpoint_prefix) or region

    def _find(self, claim: sigv4.Claim, reader: Reader) -> tuple[Caller, str] | None:
        """Caller and secret behind a claim; None if the key was never one of ours. Raises `Refused`."""
        if claim.token is not None:
            try:
                return open_token(self._runtime, claim.token, claim.access_key_id)
            except TokenExpired:
                raise Refused(Why.TOKEN_EXPIRED, EXPIRED_TOKEN_TEXT) from None
            except TokenInvalid:
                if self._credential(claim.access_key_id, reader) is not None:
                    raise Refused(Why.UNKNOWN_KEY, UNKNOWN_KEY_TEXT) from None
                return None
        known = self._credential(claim.access_key_id, reader)
        if known is None:
            return None
        if not known.credential.active:
            raise Refused(Why.UNKNOWN_KEY, UNKNOWN_KEY_TEXT)
        return known.caller, known.credential.secret

    def _credential(self, key_id: str, reader: Reader) -> _Known | None:
        known = self._keys.get(key_id)
        if known is not None and reader.epoch(EPOCH, known.credential.principal.account or "") == known.epoch:
            return known
        credential = principals().credential(self._runtime, reader, key_id)
        if credential is None:
            return None
        known = _Known(
            credential,
            Caller(credential.principal, key_id),
            reader.epoch(EPOCH, credential.principal.account or ""),
        )
        self._keys.put(key_id, known)
        return known

    def _stranger(self, claim: sigv4.Claim, reader: Reader) -> Caller:
        """What becomes of a key that was never ours: in permissive mode it is the first account's root."""
        owner = account_of(claim.access_key_id)
        ours = owner is not None and account(reader, owner) is not None
        # A key id that names an account of ours was deleted, or made up to look like one: that is not a dummy.
        if not self._runtime.permissive or ours:
            raise Refused(Why.UNKNOWN_KEY, UNKNOWN_KEY_TEXT)
        return Caller(Root(self._runtime.first_account, self._runtime.partition), claim.access_key_id)
