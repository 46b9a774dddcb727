"""Queues: policy and tags."""

from __future__ import annotations

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Side, Tags

_NONE = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue")


def _carrier(place: Place, check: Check) -> str | None:
    return place.arn


async def _url(ask: Ask, place: Place) -> str | None:
    told = await ask.json("sqs", "AmazonSQS.GetQueueUrl", place.region, {"QueueName": place.name})
    if told.code in _NONE:
        return None
    if told.status != 200:
        raise unexpected("queue", told)
    url: str = told.json()["QueueUrl"]
    return url


async def _side(ask: Ask, place: Place) -> Side:
    url = await _url(ask, place)
    if url is None:
        return Side(exists=False)
    asked = {"QueueUrl": url, "AttributeNames": ["Policy"]}
    told = await ask.json("sqs", "AmazonSQS.GetQueueAttributes", place.region, asked)
    if told.code in _NONE:
        return Side(exists=False)
    if told.status != 200:
        raise unexpected("queue policy", told)
    return Side(policy=(told.json().get("Attributes") or {}).get("Policy") or None)


async def _tags(ask: Ask, place: Place) -> Tags:
    url = await _url(ask, place)
    if url is None:
        return {}
    told = await ask.json("sqs", "AmazonSQS.ListQueueTags", place.region, {"QueueUrl": url})
    if told.status != 200:
        raise unexpected("queue tags", told)
    return dict(told.json().get("Tags") or {})


ASPECTS = Aspects(carrier=_carrier, side=_side, tags=_tags, described="queue")
