"""The walk of a call for a service of an upstream: authenticate, parse, decide, send on, record, pass the answer back.

Everything up to the decision is what every call goes through. What is different: bodies of objects are not read before
the decision but streamed after it, the resource's side is read from the upstream, and the answer is the upstream's.
The upstream's resources belong to one account; a call that names another account's, or that has no resource and comes
from outside that account, would act on something else than was decided, and is refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import msgspec

from garrison.access import organization
from garrison.access.authorization_message import encode
from garrison.access.authorize import authorize, resolved
from garrison.access.call import Call, HttpRequest
from garrison.access.limits import unauthorized
from garrison.access.plan import plan
from garrison.access.resources import provide_others
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check, Unmapped
from garrison.aws.service_index import index
from garrison.gateway import errors
from garrison.gateway.authenticate import Authenticator, Head, Target
from garrison.gateway.canonical import needs_normalizing, normalize
from garrison.gateway.direct import go_on
from garrison.gateway.protocols import HttpResponse, codec
from garrison.gateway.refusal import Refused, error_of
from garrison.gateway.request_id import new_request_id
from garrison.gateway.route import bucket_of, route, scope_service
from garrison.gateway.sigv4 import EMPTY_SHA256, S3_SERVICES, UNSIGNED_PAYLOAD
from garrison.gateway.upstream.addresses import rewritten, to_client, to_upstream
from garrison.gateway.upstream.answering import pass_back, told_error
from garrison.gateway.upstream.ask import Ask
from garrison.gateway.upstream.called import Header, called_service, signed_the_old_way
from garrison.gateway.upstream.client import Answer, Client, Overdue, Unreachable
from garrison.gateway.upstream.gathered import Gather, Gathered, gathered_facts
from garrison.gateway.upstream.incoming import Gone, Hashed, Incoming, Proof, TooLong, Unproved
from garrison.gateway.upstream.origin import Credentials, Origin, Origins
from garrison.gateway.upstream.public import is_public
from garrison.gateway.upstream.sign import forwarded_headers, forwarded_query, signed_head
from garrison.gateway.upstream.unchunk import Unchunk
from garrison.gateway.walk import Gateway, Walk, target
from garrison.policy.document import Document
from garrison.policy.reader import PolicyError
from garrison.policy.request import PolicyType
from garrison.services.operation import OPERATIONS
from garrison.store import Reader, StoreUnavailable
from garrison.trail.operations import is_read_only

log = logging.getLogger("garrison.upstream")

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SHARED = frozenset({"ec2"})
"""Services Garrison has little of: an upstream that has them gets all their calls."""
PARTLY = {"cloudtrail": frozenset({"LookupEvents"})}
"""Services that an upstream, where it has them, gets but for these operations: the event history is Garrison's own,
trails are the upstream's. Told apart by `X-Amz-Target`, which their clients send."""
STREAMED = frozenset({("s3", "PutObject"), ("s3", "UploadPart")})
"""Operations whose body is an object's content, which no decision looks at."""
OLD_SIGNATURE_TEXT = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
"""As S3 says it of buckets made since June 2020, which take no signature of version 2."""
SMALL = 64 * 1024
"""Bytes of an object's content that are proved before anything is sent on."""
DATA = (
    "PutItem", "UpdateItem", "DeleteItem", "BatchWrite", "BatchExecute", "Execute", "Transact", "SendMessage",
    "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "Publish", "Invoke", "PutObject", "CopyObject",
    "UploadPart", "DeleteObject", "CompleteMultipart", "CreateMultipart", "AbortMultipart", "Encrypt", "Decrypt",
)  # fmt: skip
"""Beginnings of operations that change no policy and no key schema, so that nothing need be read anew after them."""


def own_services() -> frozenset[str]:
    """The names in signatures of services that are Garrison's own, whatever upstreams there are."""
    return frozenset(index().services[name].signing_name for name, _ in OPERATIONS) - SHARED


class Options(msgspec.Struct, frozen=True):
    """How the upstreams are used."""

    origins: Origins
    owner: str
    """The account their resources belong to."""
    credentials: Credentials = Credentials()
    remember: float = 5.0
    """Seconds that what they say of their resources is believed."""
    timeout: float = 60.0
    """Seconds to wait for the next sign of life of a call."""
    body_limit: int = 16 * 1024 * 1024
    """Bytes of a body that is read before the decision."""


class _Sent(msgspec.Struct):
    """What is known of a call when its answer comes."""

    walk: Walk
    origin: Origin
    checks: list[Check]
    head: Head | None = None
    streamed: bool = False


class Forwarder:
    """`takes(request)` says which calls are for it, `answer` makes the walk."""

    def __init__(self, gateway: Gateway, options: Options) -> None:
        self._gateway = gateway
        self._options = options
        self._authenticate = Authenticator(gateway.runtime)
        self._client = Client(options.timeout)
        ask = Ask(self._client, options.origins, options.credentials)
        self._gather = Gather(ask, options.owner, options.remember)
        self._ours = own_services()
        provide_others(gathered_facts)

    def takes(self, method: str, path: str, query: str, header: Header) -> bool:
        """Whether an upstream has the service the request is for. Looks at the head alone."""
        return self._origin(called_service(method, path, query, header), header) is not None

    def _origin(self, scope: str, header: Header) -> Origin | None:
        if not scope or (scope in self._ours and not _lacking(scope, header)):
            return None
        named = {"s3express": "s3", "s3-object-lambda": "s3"}.get(scope, scope)
        if named not in index().by_signing_name:
            return None
        return self._options.origins.of(named)

    def close(self) -> None:
        """Let go of the upstreams."""
        self._client.close()

    async def answer(self, request: HttpRequest, receive: Receive, send: Send) -> None:
        """Walk one request, whose body is still to come."""
        started = time.perf_counter()
        gateway = self._gateway
        walk = Walk(request, new_request_id(), gateway.runtime.clock.now())
        incoming = Incoming(receive)
        error: AwsError | None = None
        response: HttpResponse | None = None
        answer: Answer | None = None
        try:
            sent = await self._admit(walk, incoming)
            answer = await self._send(sent, incoming)
            answer, error = await self._record(sent, answer)
        except Gone:
            return
        except Refused as e:
            gateway.metrics.refusal(e.why.name)
            assert walk.route is not None
            error = error_of(e, walk.route.service, walk.route.protocol)
        except TooLong:
            error = errors.too_large(self._options.body_limit)
        except Unreachable as e:
            log.warning("request %s: the upstream cannot be reached: %s", walk.request_id, e)
            error = AwsError("ServiceUnavailable", "The upstream of this service cannot be reached.", status=503)
        except Overdue:
            error = AwsError("RequestTimeout", "The upstream of this service did not answer in time.", status=504)
        except AwsError as e:
            error = self._encoded(walk.call, e)
        except StoreUnavailable as e:
            error = errors.unavailable()
            log.error("request %s: %s", walk.request_id, e)
        except Exception as e:
            error = errors.unforeseen()
            gateway.metrics.failures += 1
            log.exception("request %s failed: %s", walk.request_id, type(e).__name__)
        if answer is None:
            assert error is not None
            response = errors.answer(walk, error)
        gateway.finish(walk, error, time.perf_counter() - started)
        if response is not None:
            await _say(response, send, close=not incoming.ended)
        elif answer is not None:
            await pass_back(answer, walk, send)

    def _encoded(self, call: Call | None, error: AwsError) -> AwsError:
        """EC2 puts the encoded message behind its denials."""
        if call is None or call.service != "ec2" or error.code != "AccessDenied" or call.decision is None:
            return error
        if call.decision.allowed:
            return error
        text = f"You are not authorized to perform this operation. {error.message}"
        return AwsError(error.code, f"{text} Encoded authorization failure message: {encode(call)}", status=403)

    # Before the decision

    async def _admit(self, walk: Walk, incoming: Incoming) -> _Sent:
        """Everything up to the decision. Raises `AwsError`, `Refused`, `Gone` or `TooLong`."""
        request = walk.request
        scope = called_service(request.method, request.path, request.query, request.header)
        origin = self._origin(scope, request.header)
        assert origin is not None
        if needs_normalizing(request.path) and scope not in S3_SERVICES:
            walk.request = request = dataclasses.replace(request, path=normalize(request.path))
        streamed = False
        if scope in S3_SERVICES:
            walk.route = route(request, "s3" if scope == "s3" else "")
            if signed_the_old_way(request.header("authorization") or "", request.query):
                raise AwsError("InvalidRequest", OLD_SIGNATURE_TEXT, status=400)
            streamed = (walk.route.service, walk.route.operation) in STREAMED
        if not streamed:
            # Refused before it is read, where the length says so.
            length = request.header("content-length")
            if length is not None and (not length.isdigit() or int(length[:12]) > self._options.body_limit):
                raise TooLong
            walk.request = request = dataclasses.replace(request, body=await incoming.whole(self._options.body_limit))
        if walk.route is None:
            walk.route = route(request)
        sent = _Sent(walk, origin, [], streamed=streamed)
        store = self._gateway.runtime.store
        gathering = await store.read(lambda reader: self._enter(sent, reader))
        call = walk.call
        assert call is not None
        if gathering is not None:
            call.prepared = await gathering
            await store.read(lambda reader: authorize(call, reader))
        self._refuse_elsewhere(call, sent.checks)
        if (call.service, call.operation) == ("s3", "PutBucketPolicy"):
            await self._refuse_public(call, sent.checks)
        if call.account != self._options.owner:
            call.shared_with = (self._options.owner,)
        return sent

    def _enter(self, sent: _Sent, reader: Reader) -> Awaitable[Gathered] | None:
        """Authenticate, parse, resolve, and, where all is known that it rests on, decide.

        Else what has to be awaited first: what the upstream says.
        """
        walk = sent.walk
        found = walk.route
        assert found is not None
        runtime = self._gateway.runtime
        asked = target(found.service, found.operation)
        if found.service == "s3" and not scope_service(walk.request.header("authorization") or "", walk.request.query):
            asked = msgspec.structs.replace(asked, unsigned=True)
        if sent.streamed:
            sent.head = self._authenticate.head(walk.request, asked, reader, self._gateway.runtime.clock.wall())
            caller, region = sent.head.caller, sent.head.region
        else:
            caller, region, walk.request = self._whole(walk, asked, reader)
        walk.codec = codec(found.service, found.operation, found.protocol)
        walk.call = call = Call(
            service=found.service,
            operation=found.operation,
            params={},
            caller=caller,
            # What the call names without an account is the caller's, as in AWS.
            account=caller.account or self._options.owner,
            region=region,
            partition=runtime.partition,
            request=walk.request,
            request_id=walk.request_id,
            now=walk.now,
            runtime=runtime,
            forwarded=True,
        )
        call.params = walk.codec.parse(walk.request, found)
        walk.codec.validate(call.params)
        with suppress(Unmapped):  # authorization says so itself
            call.means = sent.checks = resolved(call)
        gathering = self._gather(call, sent.checks, self._documents(call, reader))
        if not runtime.store.local:
            return gathering  # this is not the event loop's thread
        try:
            awaited = gathering.send(None)
        except StopIteration as known:
            call.prepared = known.value
            authorize(call, reader)
            return None
        return go_on(gathering, awaited)

    def _whole(self, walk: Walk, asked: Target, reader: Reader) -> tuple[Any, str, HttpRequest]:
        verified = self._authenticate(walk.request, asked, reader, self._gateway.runtime.clock.wall())
        return verified.caller, verified.region, verified.request

    def _documents(self, call: Call, reader: Reader) -> list[Document]:
        mine = plan(call.runtime, reader, call.caller)
        stack = mine.own.stack
        policies = [*stack.identity, *(stack.session or ()), *(p for level in stack.scps or () for p in level)]
        if stack.boundary is not None:
            policies.append(stack.boundary)
        member = organization.membership(call.runtime, reader, self._options.owner)
        if member is not None:
            policies += [p for level in member.rcps or () for p in level]
        return [policy.document for policy in policies]

    def _refuse_elsewhere(self, call: Call, checks: list[Check]) -> None:
        """Refuse what the upstream would do to something else than was decided, in permissive mode, too."""
        owner = self._options.owner
        for check in checks:
            if check.side:
                continue
            parts = check.resource.split(":", 5)
            account = parts[4] if len(parts) == 6 else ""
            outside = account not in ("", owner, "aws") or (check.resource == "*" and call.caller.account != owner)
            if outside:
                raise unauthorized(call, check.action)

    async def _refuse_public(self, call: Call, checks: list[Check]) -> None:
        """S3's BlockPublicPolicy: refuse a bucket policy that opens the bucket to everyone, whoever puts it."""
        try:
            document = Document.parse(str(call.params.get("Policy") or ""), PolicyType.RESOURCE)
        except PolicyError as e:
            raise AwsError("MalformedPolicy", str(e), status=400) from None
        if is_public(document) and await self._gather.blocks_public(checks, call.region):
            text = (
                f"User: {call.caller.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource:"
                f' "{checks[0].resource}" because public policies are blocked by the BlockPublicPolicy block public'
                " access setting."
            )
            raise AwsError("AccessDenied", text, status=403)

    # After it

    async def _send(self, sent: _Sent, incoming: Incoming) -> Answer:
        walk = sent.walk
        request, call, found = walk.request, walk.call, walk.route
        assert call is not None
        assert found is not None
        read_only = is_read_only(call.service, call.operation)
        if not read_only:
            self._forget(call, sent.checks)
        body, payload, length, unchunked = await self._content(sent, incoming)
        service = index().services[call.service].signing_name
        headers = forwarded_headers(request, unchunked=unchunked)
        if rewritten(call):
            headers = [(name, value) for name, value in headers if name != "accept-encoding"]
        path = request.path
        if call.service == "s3" and (bucket := bucket_of(request.header("host") or "")):
            path = f"/{bucket}{path}"
        head = signed_head(
            sent.origin,
            self._options.credentials,
            service,
            call.region,
            time.time(),
            method=request.method,
            path=path,
            query=forwarded_query(request.query),
            headers=headers,
            payload=payload,
            length=length,
        )
        try:
            answer = await self._client.exchange(
                sent.origin, head, body, head_only=request.method == "HEAD", repeatable=read_only
            )
            try:
                await to_client(call, answer, sent.origin)
            except BaseException:
                answer.abandon()
                raise
            return answer
        finally:
            if not read_only:
                self._forget(call, sent.checks)

    async def _content(
        self, sent: _Sent, incoming: Incoming
    ) -> tuple[bytes | AsyncIterator[bytes], str, int | None, bool]:
        """Body, payload hash, content length, and whether the aws-chunked encoding was taken off."""
        request = sent.walk.request
        chunked = (request.header("x-amz-content-sha256") or "").startswith("STREAMING-")
        head = sent.head
        if head is None:
            if not request.body and request.method in ("GET", "HEAD"):
                return b"", EMPTY_SHA256, None, chunked
            assert sent.walk.call is not None
            body = to_upstream(sent.walk.call, request.body, sent.origin)
            return body, hashlib.sha256(body).hexdigest(), len(body), chunked
        proof, payload, length = _proof(head, request)
        pieces = incoming.proved(proof, length)
        if length <= SMALL:
            body = b"".join([piece async for piece in pieces])
            return body, hashlib.sha256(body).hexdigest(), length, chunked
        return pieces, payload, length, chunked

    def _forget(self, call: Call, checks: list[Check]) -> None:
        self._gather.forget(checks, call.region, carriers=not call.operation.startswith(DATA))

    async def _record(self, sent: _Sent, answer: Answer) -> tuple[Answer, AwsError | None]:
        """The event of a call that was sent on."""
        call = sent.walk.call
        assert call is not None
        error = await told_error(answer) if answer.status >= 400 else None
        if call.service == "s3":
            call.noted |= _transferred(sent.walk.request, answer)
        if error is None:
            try:
                await self._gateway.recorder.forwarded(call, changed=not is_read_only(call.service, call.operation))
            except BaseException:
                answer.abandon()
                raise
        return answer, error


def _lacking(scope: str, header: Header) -> bool:
    """Whether the call is for an operation that is an upstream's, of a service of which it has a part."""
    if scope not in PARTLY:
        return False
    operation = (header("x-amz-target") or "").rpartition(".")[2]
    return operation not in PARTLY[scope] and operation in index().services[scope].names


def _transferred(request: HttpRequest, answer: Answer) -> dict[str, int]:
    """How much of bodies went there and back, as CloudTrail notes of S3; of an answer without a length, nothing."""
    sent = request.header("x-amz-decoded-content-length") or request.header("content-length") or "0"
    came = next((value for name, value in answer.headers if name == b"content-length"), b"")
    lengths = {"bytesTransferredIn": sent.encode("latin-1")}
    if request.method != "HEAD":
        lengths["bytesTransferredOut"] = came
    return {name: int(text[:15]) for name, text in lengths.items() if text.isdigit()}


def _proof(head: Head, request: HttpRequest) -> tuple[Proof, str, int]:
    """What the body must be, the payload hash for the upstream, and the content's length."""
    if head.payload.startswith("STREAMING-") and head.claim is not None:
        declared = request.header("x-amz-decoded-content-length")
        proof: Proof = Unchunk(head.claim, request, head.secret, head.payload)
        payload = UNSIGNED_PAYLOAD
    else:
        declared = request.header("content-length")
        signed = head.payload != UNSIGNED_PAYLOAD
        proof, payload = (Hashed(head.payload) if signed else Unproved()), head.payload
    if declared is None or not (declared.isascii() and declared.isdigit()):
        raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", status=411)
    return proof, payload, int(declared[:15])


async def _say(response: HttpResponse, send: Send, *, close: bool) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    headers.append((b"content-length", b"%d" % len(response.body)))
    if close:
        # What is left of the body is not wanted.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
