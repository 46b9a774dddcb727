"""GuardDuty's resources as authorization and the tagging API see them: owner and tags."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.access.tagged import Tagged, provide_tagged
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.services.guardduty import detectors, filters
from garrison.services.guardduty.resources import DETECTOR, FILTER
from garrison.services.guardduty.tags import find
from garrison.store import Reader


def guardduty_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of one detector, or of what it has."""
    arn = Arn.parse(check.resource)
    account = None if arn is None else arn.account or None
    row = find(reader, check.resource)
    if row is None:
        return Facts(arn=check.resource, account=account)
    return Facts(arn=check.resource, account=account, exists=True, tags=row.body.tags)


def guardduty_tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    """The account's detector and its filters."""
    for row in reader.page(DETECTOR, account, region=region):
        yield Tagged(detectors.arn_of(partition, row), "guardduty:detector", row.body.tags)
        for one in reader.page(FILTER, account, region=region, parent=row.id):
            yield Tagged(filters.arn_of(partition, one), "guardduty:detector/filter", one.body.tags)


provide_resources("guardduty", guardduty_facts)
provide_tagged("guardduty", guardduty_tagged)
