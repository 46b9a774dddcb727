"""Keys: the key behind an alias, key policy and tags. A key's policy has the first word (KMS developer guide)."""

from __future__ import annotations

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Side, Tags

_NONE = "NotFoundException"


def _carrier(place: Place, check: Check) -> str | None:
    if check.resource_type == "alias" or "*" in place.name:
        return None
    return place.arn


async def _key(ask: Ask, place: Place) -> str | None:
    told = await ask.json("kms", "TrentService.DescribeKey", place.region, {"KeyId": place.arn}, "1.1")
    if told.code == _NONE:
        return None
    if told.status != 200:
        raise unexpected("key", told)
    arn: str = told.json()["KeyMetadata"]["Arn"]
    return arn


async def _side(ask: Ask, place: Place) -> Side:
    arn = await _key(ask, place)
    if arn is None:
        return Side(exists=False)
    asked = {"KeyId": arn.rpartition("/")[2], "PolicyName": "default"}
    told = await ask.json("kms", "TrentService.GetKeyPolicy", place.region, asked, "1.1")
    if told.status != 200:
        raise unexpected("key policy", told)
    return Side(arn=arn, policy=told.json().get("Policy") or None)


async def _tags(ask: Ask, place: Place) -> Tags:
    arn = await _key(ask, place)
    if arn is None:
        return {}
    told = await ask.json(
        "kms", "TrentService.ListResourceTags", place.region, {"KeyId": arn.rpartition("/")[2]}, "1.1"
    )
    if told.status != 200:
        raise unexpected("key tags", told)
    return {tag["TagKey"]: tag.get("TagValue", "") for tag in told.json().get("Tags") or []}


ASPECTS = Aspects(carrier=_carrier, side=_side, tags=_tags, owner_decides=False, described="key")
