"""The resource's side of a forwarded call: what its checks need of the upstream, read before it is decided.

Reading waits for the upstream, deciding must not wait: so everything a decision may ask for is gathered first, and
the resource provider only looks it up. What could not be read leaves a stand-in in the resource's ARN, which nothing
allows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.resources import Facts, provider_of
from garrison.aws.reference import MARKER, Check
from garrison.gateway.upstream.ask import Ask, Unreadable
from garrison.gateway.upstream.public import is_public
from garrison.gateway.upstream.remembered import Remembered
from garrison.gateway.upstream.resources import ASPECTS, OTHERS, s3
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Side, place_of
from garrison.policy.document import Document
from garrison.policy.reader import PolicyError
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType
from garrison.store import Reader

log = logging.getLogger("garrison.upstream")

UNREAD = MARKER + "upstream:unread}"
_WORDS = ("resourcetag", "buckettag", "existingobjecttag", "leadingkeys")


class Gathered(msgspec.Struct):
    """Facts by check, held on `Call.prepared` while the call is decided."""

    facts: dict[tuple[str, str], Facts]


@lru_cache(maxsize=16_384)
def _words(document: Document, action: str) -> frozenset[str]:
    about = document.about(action)
    text = " ".join(
        part
        for statement in (*about.denies, *about.allows)
        for part in (
            *(condition.key for condition in statement.conditions),
            *(value for condition in statement.conditions for value in condition.values),
            *statement.values.get("Resource", ()),
            *statement.values.get("NotResource", ()),
        )
    ).lower()
    return frozenset(word for word in _WORDS if word in text)


def asked_words(documents: Iterable[Document], action: str) -> frozenset[str]:
    """Which state the policies' statements about an action ask for: parts of condition keys."""
    found: frozenset[str] = frozenset()
    for document in documents:
        found |= _words(document, action)
    return found


class Gather:
    """Reads what is needed, remembers it for a while, and forgets what writes have passed."""

    def __init__(self, ask: Ask, owner: str, seconds: float) -> None:
        self._ask = ask
        self._owner = owner
        self._remembered = Remembered(seconds)

    async def __call__(self, call: Call, checks: Sequence[Check], documents: Sequence[Document]) -> Gathered:
        """Facts for each check of a call. `documents` are the policies on the caller's side."""
        wanted = {(check.action, check.resource): check for check in checks if _foreign(check)}
        if len(wanted) == 1:
            ((key, check),) = wanted.items()
            return Gathered({key: await self._facts(call, check, documents)})
        found = await asyncio.gather(*(self._facts(call, check, documents) for check in wanted.values()))
        return Gathered(dict(zip(wanted, found, strict=True)))

    def forget(self, checks: Sequence[Check], region: str, *, carriers: bool) -> None:
        """A write that was allowed by these checks passes; `carriers` says whether it may change what holds for them.

        Without, it is only what is known of the very objects that goes.
        """
        for check in checks:
            place = place_of(check.resource, region)
            if place is None:
                continue
            aspects = ASPECTS.get(place.service, OTHERS)
            try:
                carrier = aspects.carrier(place, check)
            except Unreadable:
                carrier = None
            if carriers or carrier != place.arn:
                self._remembered.forget(place.arn)
            if carriers and carrier is not None:
                self._remembered.forget(carrier)
            if carriers and aspects.aliased:
                self._remembered.forget_under(f"arn:{place.partition}:{place.service}:{place.region}:{place.account}:")

    async def blocks_public(self, checks: Sequence[Check], region: str) -> bool:
        """Whether the resource of a call takes no public policy; also if it does not say."""
        place = place_of(checks[0].resource, region)
        read = ASPECTS[place.service].side if place is not None else None
        if place is None or read is None:
            return True
        try:
            side: Side = await self._remembered.get(place.arn, "side", lambda: read(self._ask, place))
        except Unreadable:
            return True
        return side.blocks_public

    async def _facts(self, call: Call, check: Check, documents: Sequence[Document]) -> Facts:
        place = place_of(check.resource, call.region)
        if place is None:
            return Facts(arn=check.resource, account=self._owner if check.resource == "*" else None)
        owner = place.account or self._owner
        aspects = ASPECTS.get(place.service, OTHERS)
        try:
            return await self._read(call, check, place, owner, aspects, documents)
        except Unreadable as e:
            why: object = e
        except (PolicyError, KeyError, TypeError, ValueError, StopIteration) as e:
            why = f"what the upstream says of it makes no sense ({type(e).__name__}: {e})"
        log.warning("request %s is refused: %s cannot be judged: %s", call.request_id, check.resource, why)
        return Facts(arn=check.resource + UNREAD, account=owner)

    async def _read(
        self, call: Call, check: Check, place: Place, owner: str, aspects: Aspects, documents: Sequence[Document]
    ) -> Facts:
        carrier = aspects.carrier(place, check)
        if carrier is None or not aspects.whole(place):
            return Facts(arn=place.arn, account=owner)
        held = (
            place
            if carrier == place.arn
            else msgspec.structs.replace(place, arn=carrier, name=carrier.split(":", 5)[5])
        )
        side = Side()
        if aspects.side is not None:
            read = aspects.side
            side = await self._remembered.get(carrier, "side", lambda: read(self._ask, held))
        policy = _attached(side, aspects, carrier)
        if policy is not None and side.limits_public and call.caller.account != owner and is_public(policy.document):
            policy = None
        words = asked_words(documents if policy is None else (*documents, policy.document), check.action)
        tags: dict[str, str] = {}
        context: dict[str, ContextValue] = {}
        settled: dict[str, ContextValue] = {}
        if place.service == "s3":
            context["s3:resourceaccount"] = owner
        if words and side.exists:
            if aspects.tags is not None and ("resourcetag" in words or "buckettag" in words):
                read_tags = aspects.tags
                tags = await self._remembered.get(carrier, "tags", lambda: read_tags(self._ask, held))
                if place.service == "s3":
                    context |= {f"s3:buckettag/{key.lower()}": value for key, value in tags.items()}
                    tags = tags if carrier == place.arn else {}
            if "existingobjecttag" in words and place.service == "s3" and s3.reads_object_tags(check):
                version = s3.version_of(call.params, check)
                read_objects = lambda: s3.object_tags(self._ask, place, version)  # noqa: E731
                context |= s3.existing(await self._remembered.get(place.arn, ("objecttags", version), read_objects))
            if aspects.schema is not None and aspects.settle is not None and words & aspects.settles:
                read_schema = aspects.schema
                schema = await self._remembered.get(carrier, "schema", lambda: read_schema(self._ask, held))
                settled = aspects.settle(schema, place, check, call.params)
        return Facts(
            arn=side.arn or place.arn,
            account=owner,
            exists=side.exists,
            tags=tags,
            context=context,
            settled=settled,
            policy=policy,
            elsewhere=True,
        )


def _foreign(check: Check) -> bool:
    """Whether an upstream is asked about the resource; Garrison's own services answer for theirs themselves."""
    if not check.resource.startswith("arn:"):
        return True
    return provider_of(check.resource.split(":", 3)[2], forwarded=True) is None


def _attached(side: Side, aspects: Aspects, carrier: str) -> AttachedPolicy | None:
    if side.policy is None:
        return None
    arn = side.arn or carrier
    document = Document.parse(side.policy, PolicyType.RESOURCE)
    name = f"{aspects.described} policy of {arn.split(':', 5)[5]}"
    return AttachedPolicy(document, PolicyType.RESOURCE, name, attached_to=arn)


def gathered_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """The facts of one check that were gathered for its call; where nothing was gathered, the ARN alone."""
    gathered: Any = call.prepared
    found = gathered.facts.get((check.action, check.resource)) if isinstance(gathered, Gathered) else None
    if found is not None:
        return found
    account = check.resource.split(":", 5)[4]
    if isinstance(gathered, Gathered):
        return Facts(arn=check.resource + UNREAD, account=account or None)
    return Facts(arn=check.resource, account=account or None)
