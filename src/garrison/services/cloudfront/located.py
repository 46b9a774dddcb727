"""Distributions as authorization and the tagging API see them."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.access.tagged import Tagged, provide_tagged
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.services.cloudfront.resources import DISTRIBUTION
from garrison.store import Reader


def cloudfront_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of one resource of CloudFront."""
    arn = Arn.parse(check.resource)
    row = reader.by_id(DISTRIBUTION, check.resource)
    tags: dict[str, str] = {} if row is None else row.body.tags
    account = None if arn is None else arn.account or None
    return Facts(arn=check.resource, account=account, exists=row is not None, tags=tags)


def cloudfront_tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    """Distributions with tags; they count as us-east-1's."""
    if region == "us-east-1":
        for row in reader.page(DISTRIBUTION, account):
            yield Tagged(row.id, "cloudfront:distribution", row.body.tags)


provide_resources("cloudfront", cloudfront_facts)
provide_tagged("cloudfront", cloudfront_tagged)
