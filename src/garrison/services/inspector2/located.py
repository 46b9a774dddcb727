"""Inspector's resources as authorization and the tagging API see them: owner and tags."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.access.tagged import Tagged, provide_tagged
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.services.inspector2.arns import owned_arn
from garrison.services.inspector2.resources import TAGGED
from garrison.services.inspector2.tags import find
from garrison.store import Reader


def inspector2_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of a filter or a CIS scan configuration; of anything else only whose it is."""
    arn = Arn.parse(check.resource)
    account = None if arn is None else arn.account or None
    row = find(reader, check.resource)
    if row is None:
        return Facts(arn=check.resource, account=account)
    return Facts(arn=check.resource, account=account, exists=True, tags=row.body.tags)


def inspector2_tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    """The account's filters and CIS scan configurations."""
    for word, kind in TAGGED.items():
        for row in reader.page(kind, account, region=region):
            yield Tagged(owned_arn(partition, region, account, word, row.id), f"inspector2:{word}", row.body.tags)


provide_resources("inspector2", inspector2_facts)
provide_tagged("inspector2", inspector2_tagged)
