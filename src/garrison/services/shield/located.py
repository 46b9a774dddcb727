"""Shield's resources as authorization and the tagging API see them: owner and tags."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.access.tagged import Tagged, provide_tagged
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.services.shield import protection_groups, protections
from garrison.services.shield.resources import GROUP, PROTECTION
from garrison.services.shield.tags import find
from garrison.store import Reader


def shield_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of one protection, group or attack."""
    arn = Arn.parse(check.resource)
    account = None if arn is None else arn.account or None
    row = find(reader, check.resource)
    if row is None:
        return Facts(arn=check.resource, account=account)
    return Facts(arn=check.resource, account=account, exists=True, tags=row.body.tags)


def shield_tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    """The account's protections and groups: found in us-east-1, where the service is."""
    if region != "us-east-1":
        return
    for protection in reader.page(PROTECTION, account):
        yield Tagged(protections.arn_of(partition, protection), "shield:protection", protection.body.tags)
    for group in reader.page(GROUP, account):
        yield Tagged(protection_groups.arn_of(partition, group), "shield:protection-group", group.body.tags)


provide_resources("shield", shield_facts)
provide_tagged("shield", shield_tagged)
