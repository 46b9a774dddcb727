"""WAF's resources as authorization and the tagging API see them: owner, tags, and a rule group's permission policy."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.access.tagged import Tagged, provide_tagged
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.policy.document import Document
from garrison.policy.request import AttachedPolicy, PolicyType
from garrison.services.wafv2 import entities
from garrison.services.wafv2.mitigation import SHIELD_ACCOUNT
from garrison.services.wafv2.resources import ARN_KINDS, CLOUDFRONT, PERMISSION_POLICY, REGIONAL, RULE_GROUP
from garrison.services.wafv2.scope import arn_of
from garrison.store import Reader


def wafv2_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of one web ACL, rule group or set."""
    arn = Arn.parse(check.resource)
    account = None if arn is None else arn.account or None
    row = entities.find(reader, check.resource)
    if row is None:
        return Facts(arn=check.resource, account=account)
    if row.account == SHIELD_ACCOUNT:
        # Shield's own group stands in the customer's web ACL: whoever may change that may leave it where it is.
        account = call.account
    return Facts(
        arn=check.resource,
        account=account,
        exists=True,
        tags=row.body.tags,
        policy=_permission_policy(reader, check.resource) if row.kind is RULE_GROUP else None,
    )


def _permission_policy(reader: Reader, arn: str) -> AttachedPolicy | None:
    """The policy by which a rule group is shared. It has no Resource element: it speaks of the group it is on."""
    row = reader.by_id(PERMISSION_POLICY, arn)
    if row is None:
        return None
    policy = msgspec.json.decode(row.body.policy)
    statements = policy["Statement"]
    statements = [statements] if isinstance(statements, dict) else statements
    text = msgspec.json.encode({**policy, "Statement": [{**one, "Resource": arn} for one in statements]}).decode()
    document = Document.parse(text, PolicyType.RESOURCE)
    return AttachedPolicy(document, PolicyType.RESOURCE, "permission policy", attached_to=arn)


def wafv2_tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    """Everything of WAF's that has tags; what is CloudFront's is found in us-east-1."""
    for word, kind in ARN_KINDS.items():
        for scope in (REGIONAL, CLOUDFRONT):
            for row in reader.page(kind, account, region=region, parent=scope):
                yield Tagged(arn_of(partition, row), f"wafv2:{word}", row.body.tags)


provide_resources("wafv2", wafv2_facts)
provide_tagged("wafv2", wafv2_tagged)
