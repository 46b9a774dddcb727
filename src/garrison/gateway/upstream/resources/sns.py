"""Topics: policy and tags."""

from __future__ import annotations

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Side, Tags
from garrison.gateway.upstream.resources.xml import rows

_VERSION = "2010-03-31"


def _carrier(place: Place, check: Check) -> str | None:
    # A platform application or endpoint (`app/GCM/x`) has no policy.
    return None if "/" in place.name else place.arn


async def _side(ask: Ask, place: Place) -> Side:
    asked = {"Action": "GetTopicAttributes", "Version": _VERSION, "TopicArn": place.arn}
    told = await ask.query("sns", place.region, asked)
    if told.code in ("NotFound", "NotFoundException"):
        return Side(exists=False)
    if told.status != 200:
        raise unexpected("topic policy", told)
    attributes = {row.get("key"): row.get("value") for row in rows(told, "entry")}
    return Side(policy=attributes.get("Policy") or None)


async def _tags(ask: Ask, place: Place) -> Tags:
    asked = {"Action": "ListTagsForResource", "Version": _VERSION, "ResourceArn": place.arn}
    told = await ask.query("sns", place.region, asked)
    if told.code in ("NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"):
        return {}
    if told.status != 200:
        raise unexpected("topic tags", told)
    return {row["Key"]: row.get("Value", "") for row in rows(told, "member") if "Key" in row}


ASPECTS = Aspects(carrier=_carrier, side=_side, tags=_tags, described="topic")
