"""Trails as authorization and the tagging API see them: owner and tags."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.access.tagged import Tagged, provide_tagged
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.services.cloudtrail.resources import TRAIL, arn_of
from garrison.store import Reader


def cloudtrail_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of one trail; of anything else, whose it is."""
    arn = Arn.parse(check.resource)
    if arn is None or not arn.resource.startswith("trail/"):
        return Facts(arn=check.resource, account=None if arn is None else arn.account or None)
    row = reader.get(TRAIL, arn.account, arn.resource.removeprefix("trail/"), parent=arn.region)
    if row is None:
        return Facts(arn=check.resource, account=arn.account or None)
    return Facts(arn=check.resource, account=arn.account, exists=True, tags=row.body.tags)


def cloudtrail_tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    """The trails whose home the region is."""
    for row in reader.page(TRAIL, account, parent=region):
        yield Tagged(arn_of(partition, row), "cloudtrail:trail", row.body.tags)


provide_resources("cloudtrail", cloudtrail_facts, shared=True)
provide_tagged("cloudtrail", cloudtrail_tagged)
