"""EC2's resources have tags and no policies."""

from __future__ import annotations

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Tags
from garrison.gateway.upstream.resources.xml import rows


def _carrier(place: Place, check: Check) -> str | None:
    return place.arn if "*" not in place.name else None


async def _tags(ask: Ask, place: Place) -> Tags:
    asked = {
        "Action": "DescribeTags",
        "Version": "2016-11-15",
        "Filter.1.Name": "resource-id",
        "Filter.1.Value.1": place.name.rpartition("/")[2],
    }
    told = await ask.query("ec2", place.region, asked)
    if told.status != 200:
        raise unexpected("tags", told)
    return {row["key"]: row.get("value", "") for row in rows(told, "item") if "key" in row}


ASPECTS = Aspects(carrier=_carrier, tags=_tags)
