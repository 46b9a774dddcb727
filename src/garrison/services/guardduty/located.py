"""GuardDuty's resources as authorization and the tagging API see them: owner and tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.access.tagged import Tagged, provide_tagged
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.services.guardduty import detectors, filters, malware_plans
from garrison.services.guardduty.destinations import DESTINATION
from garrison.services.guardduty.lists import SORTS
from garrison.services.guardduty.malware_plans import PLAN
from garrison.services.guardduty.resources import DETECTOR, FILTER
from garrison.services.guardduty.tags import find
from garrison.store import Kind, Reader


def guardduty_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of one detector, or of what it has."""
    arn = Arn.parse(check.resource)
    account = None if arn is None else arn.account or None
    row = find(reader, check.resource)
    if row is None:
        return Facts(arn=check.resource, account=account)
    return Facts(arn=check.resource, account=account, exists=True, tags=row.body.tags)


def guardduty_tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    """The account's detector with what it has, and its malware protection plans."""
    for row in reader.page(DETECTOR, account, region=region):
        arn = detectors.arn_of(partition, row)
        yield Tagged(arn, "guardduty:detector", row.body.tags)
        for one in reader.page(FILTER, account, region=region, parent=row.id):
            yield Tagged(filters.arn_of(partition, one), "guardduty:detector/filter", one.body.tags)
        for word, kind in _UNDER.items():
            for other in reader.page(kind, account, region=region, parent=row.id):
                yield Tagged(f"{arn}/{word}/{other.id}", f"guardduty:detector/{word}", other.body.tags)
    for plan in reader.page(PLAN, account, region=region):
        yield Tagged(malware_plans.arn_of(partition, plan), "guardduty:malware-protection-plan", plan.body.tags)


_UNDER: dict[str, Kind[Any]] = {sort.word: sort.kind for sort in SORTS} | {"publishingdestination": DESTINATION}

provide_resources("guardduty", guardduty_facts)
provide_tagged("guardduty", guardduty_tagged)
