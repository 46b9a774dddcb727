"""EC2's resources have tags and no policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Tags
from garrison.gateway.upstream.resources.xml import elements, rows

if TYPE_CHECKING:
    from lxml import etree


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


async def instance(ask: Ask, id: str, region: str) -> etree._Element | None:
    """An instance as DescribeInstances has it; None where there is none. Raises `Unreadable`."""
    asked = {"Action": "DescribeInstances", "Version": "2016-11-15", "InstanceId.1": id}
    told = await ask.query("ec2", region, asked)
    if told.code in ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"):
        return None
    if told.status != 200:
        raise unexpected("instance", told)
    return next(elements(told, "instancesSet/item"), None)


ASPECTS = Aspects(carrier=_carrier, tags=_tags)
