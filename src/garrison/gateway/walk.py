"""The walk of one AWS call: route, authenticate, parse, validate, authorize, invoke, record, serialize.

Operations that take an identity provider's token instead of a signature are authenticated after parsing: that may mean
asking the provider for its keys, so it happens on a thread of its own, between two snapshots.

Reads make the whole walk on one snapshot. A write is decided on a snapshot, so that denials cost no writer, and then
invoked in a transaction, which decides again if an epoch the decision rests on has moved in between.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from garrison.access.authorize import authorize, still_stands
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.principals import principals
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.aws.partitions import global_region
from garrison.aws.service_index import index
from garrison.gateway import errors
from garrison.gateway.authenticate import Authenticator, Target
from garrison.gateway.canonical import needs_normalizing, normalize
from garrison.gateway.metrics import Metrics
from garrison.gateway.protocols import Codec, HttpResponse, codec
from garrison.gateway.record import Recorder
from garrison.gateway.refusal import Refused, error_of
from garrison.gateway.request_id import new_request_id
from garrison.gateway.route import Route, route, scope_service
from garrison.gateway.sigv4 import S3_SERVICES
from garrison.keys.errors import Sealed, Tampered
from garrison.policy.principal import Anonymous, Federated
from garrison.services.operation import OPERATIONS, Operation, Output
from garrison.store import Reader, StoreUnavailable, Transaction

log = logging.getLogger("garrison.gateway")

PREPARING_AT_ONCE = 2
IDENTIFYING_AT_ONCE = 4
"""Apart from other slow work: an identity provider that does not answer must not keep passwords from being checked."""
SETTLING = 45.0
"""Seconds to wait for what was changed to be in force. SDKs give up on an answer after a minute."""
PREPARING_WAITING = 64
"""Calls that may wait for slow work (password hashing); the ones beyond are told to slow down."""


@dataclass(slots=True)
class Walk:
    """How far one request has come."""

    request: HttpRequest
    request_id: str
    now: float
    route: Route | None = None
    codec: Codec | None = None
    operation: Operation | None = None
    call: Call | None = None


class Gateway:
    """One Garrison's front door: `await gateway.answer(request)`."""

    def __init__(self, runtime: Runtime, recorder: Recorder) -> None:
        self.runtime = runtime
        self.recorder = recorder
        self.metrics = Metrics()
        self.follow: Callable[[], None] | None = None
        """Asked before each call: what other processes did that counts from now on (the root key was sealed)."""
        self._authenticate = Authenticator(runtime)
        self._pool = ThreadPoolExecutor(PREPARING_AT_ONCE, thread_name_prefix="garrison-prepare")
        self._preparing = 0
        self._identity_pool = ThreadPoolExecutor(IDENTIFYING_AT_ONCE, thread_name_prefix="garrison-identify")
        self._identifying = 0

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """Walk one request through the house. Whatever happens, the answer has the form AWS would give it."""
        started = time.perf_counter()
        walk = Walk(request, new_request_id(), self.runtime.clock.now())
        error: AwsError | None = None
        try:
            if self.follow is not None:
                self.follow()
            self._route(walk)
            output = await self.runtime.store.read(lambda reader: self._enter(walk, reader))
            if walk.operation is not None and walk.operation.identify is not None:
                await self._identify(walk)
                output = await self.runtime.store.read(lambda reader: self._admit(walk, reader))
            if walk.operation is not None and walk.operation.access == "write":
                await self._prepare(walk)
                output = await self.runtime.store.write(lambda tx: self._change(walk, tx))
                await self._settle(walk)
            if walk.call is not None and walk.call.later is not None:
                output = await self._later(walk.call, walk.call.later)
            assert walk.codec is not None
            response = walk.codec.serialize(output, walk.request_id)
        except AwsError as e:
            error = e
            response = errors.answer(walk, e)
        except StoreUnavailable as e:
            error = errors.unavailable()
            log.error("request %s: %s", walk.request_id, e)
            response = errors.answer(walk, error)
        except (Sealed, Tampered) as e:
            error = errors.of_engine(walk, e)
            response = errors.answer(walk, error)
        except Exception as e:
            error = errors.unforeseen()
            self.metrics.failures += 1
            log.exception("request %s failed: %s", walk.request_id, type(e).__name__)
            response = errors.answer(walk, error)
        self.finish(walk, error, time.perf_counter() - started)
        return response

    def _route(self, walk: Walk) -> None:
        request = walk.request
        if needs_normalizing(request.path) and _scope(request) not in S3_SERVICES:
            # The signature of every service but S3 covers the normalized path, so that is the one to act on.
            walk.request = request = dataclasses.replace(request, path=normalize(request.path))
        walk.route = route(request)

    def _enter(self, walk: Walk, reader: Reader) -> Output:
        """Authenticate, parse, validate; and, unless who calls is still to be found out, go on."""
        assert walk.route is not None
        found = walk.route
        try:
            verified = self._authenticate(
                walk.request, target(found.service, found.operation), reader, self.runtime.clock.wall()
            )
        except Refused as e:
            self.metrics.refusal(e.why.name)
            raise error_of(e, found.service, found.protocol) from None
        walk.request = verified.request
        walk.codec = codec(found.service, found.operation, found.protocol)
        caller = verified.caller
        runtime = self.runtime
        walk.call = call = Call(
            service=found.service,
            operation=found.operation,
            params={},
            caller=caller,
            account=caller.account or runtime.first_account,
            region=verified.region,
            partition=runtime.partition,
            request=verified.request,
            request_id=walk.request_id,
            now=walk.now,
            runtime=runtime,
        )
        call.params = walk.codec.parse(verified.request, found)
        walk.codec.validate(call.params)
        walk.operation = operation = OPERATIONS.get((found.service, found.operation))
        if operation is not None and operation.identify is not None:
            return None
        return self._admit(walk, reader)

    async def _identify(self, walk: Walk) -> None:
        """Find out who calls from the token in the parameters, on a pool thread."""
        assert walk.operation is not None
        assert walk.call is not None
        identify, call = walk.operation.identify, walk.call
        assert identify is not None
        if self._identifying >= PREPARING_WAITING:
            raise errors.throttled()
        self._identifying += 1
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._identity_pool, identify, call)
        finally:
            self._identifying -= 1
        if isinstance(found, Caller):
            # The token is one of our own, and says all that a signature would.
            call.caller, call.account = found, found.account or call.account
        else:
            call.vouched, call.caller = found, Caller(found.principal)

    def _admit(self, walk: Walk, reader: Reader) -> Output:
        """Authorize; and, if it is a read, invoke."""
        assert walk.route is not None
        assert walk.call is not None
        call, operation = walk.call, walk.operation
        authorize(call, reader)
        if operation is None:
            raise errors.not_implemented(walk.route)
        if operation.access == "write":
            return None
        output: Output = operation.function(call, reader)
        if call.later is None:
            self.recorder.passed(call, output)
        return output

    async def _later(self, call: Call, work: Callable[[], Output]) -> Output:
        """The slow work of a read, on a pool thread; then the read is recorded."""
        if self._preparing >= PREPARING_WAITING:
            raise errors.throttled()
        self._preparing += 1
        try:
            output = await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._preparing -= 1
        self.recorder.passed(call, output)
        return output

    async def perform(
        self,
        caller: Caller,
        service: str,
        operation: str,
        params: dict[str, Any],
        request: HttpRequest,
        *,
        via: str | None = None,
    ) -> Output:
        """A call of somebody who was authenticated at another door: what is left of the walk. Raises `AwsError`.

        `request` is what that door got, for conditions and for the trail; `via` the service that calls for them.
        """
        started = time.perf_counter()
        protocol = index().services[service].protocols[0]
        walk = Walk(request, new_request_id(), self.runtime.clock.now())
        walk.route = Route(service, operation, protocol)
        walk.codec = codec(service, operation, protocol)
        walk.operation = OPERATIONS[service, operation]
        walk.call = Call(
            service=service,
            operation=operation,
            params=params,
            caller=caller,
            account=caller.account or self.runtime.first_account,
            region=global_region(self.runtime.partition, index().services[service].endpoint_prefix)
            or self.runtime.region,
            partition=self.runtime.partition,
            request=request,
            request_id=walk.request_id,
            now=walk.now,
            runtime=self.runtime,
            via=via,
        )
        error: AwsError | None = None
        try:
            walk.codec.validate(params)
            output = await self.runtime.store.read(lambda reader: self._admit(walk, reader))
            if walk.operation.access == "write":
                await self._prepare(walk)
                output = await self.runtime.store.write(lambda tx: self._change(walk, tx))
                await self._settle(walk)
            if walk.call.later is not None:
                output = await self._later(walk.call, walk.call.later)
        except AwsError as e:
            error = e
            raise
        except (Sealed, Tampered) as e:
            error = errors.of_engine(walk, e)
            raise error from None
        finally:
            self.finish(walk, error, time.perf_counter() - started)
        return output

    async def _prepare(self, walk: Walk) -> None:
        """Slow work of a write, on a pool thread and only for calls that may go on."""
        assert walk.operation is not None
        assert walk.call is not None
        prepare, call = walk.operation.prepare, walk.call
        if prepare is None:
            return
        if self._preparing >= PREPARING_WAITING:
            raise errors.throttled()

        def work() -> Any:
            with self.runtime.store.reading() as reader:
                return prepare(call, reader)

        self._preparing += 1
        try:
            call.prepared = await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._preparing -= 1

    def _change(self, walk: Walk, tx: Transaction) -> Output:
        """Invoke a write, and record it in the same transaction. May run more than once."""
        assert walk.operation is not None
        assert walk.call is not None
        call = walk.call
        if not still_stands(call, tx):
            authorize(call, tx)
        output: Output = walk.operation.function(call, tx)
        self.recorder.changed(call, output, tx)
        return output

    async def _settle(self, walk: Walk) -> None:
        """Wait for what the answer promises. Raises `AwsError` if it does not come about."""
        assert walk.call is not None
        if walk.call.settled is None:
            return
        until = time.monotonic() + SETTLING
        while not walk.call.settled():
            if time.monotonic() > until:
                raise errors.unavailable("The change is stored, but not yet confirmed to be in force. Try again.")
            await asyncio.sleep(0.02)

    def finish(self, walk: Walk, error: AwsError | None, seconds: float) -> None:
        """Record a failure, count the call."""
        call = walk.call
        if call is None:
            return
        if error is not None:
            self.recorder.failed(call, error)
        if call.decision is not None:
            self.metrics.decision(call.decision.code)
        self.metrics.call(call.service, call.operation, _outcome(call, error), seconds)
        if not isinstance(call.caller.principal, (Anonymous, Federated)):
            principals().used(self.runtime, call.caller, call.service, call.region, call.now)

    def close(self) -> None:
        """Stop the pool. Calls that are under way finish."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._identity_pool.shutdown(wait=True, cancel_futures=True)


def _outcome(call: Call, error: AwsError | None) -> str:
    if error is None:
        return "ok"
    if call.decision is not None and not call.decision.allowed and call.let_through is None:
        return "denied"
    return "fault" if error.status is not None and error.status >= 500 else "error"


def _scope(request: HttpRequest) -> str:
    return scope_service(request.header("authorization") or "", request.query)


@lru_cache(maxsize=4096)
def target(service: str, operation: str) -> Target:
    """What authentication must know of an operation."""
    entry = index().services[service]
    return Target(
        service=service,
        operation=operation,
        signing_name=entry.signing_name,
        endpoint_prefix=entry.endpoint_prefix,
        unsigned=operation in entry.unsigned,
    )
