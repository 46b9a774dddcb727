"""Resources of every other service: tags, as the tagging service knows them."""

from __future__ import annotations

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Tags


def _carrier(place: Place, check: Check) -> str | None:
    return place.arn if "*" not in place.name and "?" not in place.name else None


async def _tags(ask: Ask, place: Place) -> Tags:
    told = await ask.json(
        "tagging",
        "ResourceGroupsTaggingAPI_20170126.GetResources",
        place.region,
        {"ResourceARNList": [place.arn]},
        "1.1",
    )
    if told.status != 200:
        raise unexpected("tags", told)
    for one in told.json().get("ResourceTagMappingList") or []:
        if one.get("ResourceARN") == place.arn:
            return {tag["Key"]: tag.get("Value", "") for tag in one.get("Tags") or []}
    return {}


ASPECTS = Aspects(carrier=_carrier, tags=_tags)
