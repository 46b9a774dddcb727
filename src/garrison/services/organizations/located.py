"""Resources of Organizations as authorization sees them: their ARNs made whole, their tags, a policy's type.

An organization's resources belong to its management account, but a member that may call at all needs only its own
policies for it (and, where it may not call, is told so by the operation, in AWS's words). So every resource counts as
the caller's own here, and `aws:ResourceAccount` still says whose it is.
"""

from __future__ import annotations

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.policy.request import ContextValue
from garrison.services.organizations import aws_policies, tree
from garrison.services.organizations.arns import aws_policy_arn
from garrison.services.organizations.resources import HANDSHAKE, NAME, ORGANIZATION, POLICY, Organization
from garrison.services.organizations.standing import standing_of
from garrison.store import Reader, Resource

ORGANIZATION_MARK = "${organizations:id}"
ACCOUNT_MARK = "${organizations:managementaccount}"
POLICY_TYPE = "${organizations:policytype}"
HANDSHAKE_TYPE = "${organizations:handshaketype}"
TRANSFER_TYPE = "${organizations:transfertype}"
TRANSFER_DIRECTION = "${organizations:transferdirection}"

NOWHERE = "o-*"
"""Stands for the organization of an account that has none. No policy written for a real one matches it."""


def organization_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of one resource of Organizations."""
    # The marks have colons of their own.
    arn = Arn.parse(check.resource.replace(ACCOUNT_MARK, ""))
    if arn is None:
        return Facts(arn=check.resource, account=None)
    what = arn.resource.partition("/")[0]
    last = arn.resource.rpartition("/")[2]
    org = _organization(reader, call, what, last)
    tags: dict[str, str] = {}
    context: dict[str, ContextValue] = {}
    text = check.resource
    exists = False
    if what == "policy":
        policy_type, tags, exists = _policy(reader, call, org, last)
        own = aws_policies.find(last)
        if own is not None:
            text = aws_policy_arn(call.partition, own.type, own.id)
        text = text.replace(POLICY_TYPE, policy_type.lower() or "*")
        if policy_type:
            context["organizations:policytype"] = policy_type
    elif what == "handshake":
        handshake = reader.by_id(HANDSHAKE, last)
        exists = handshake is not None
        text = text.replace(HANDSHAKE_TYPE, handshake.body.action.lower() if handshake is not None else "*")
    elif org is not None:
        found = _node_tags(reader, org, what, last)
        exists, tags = found is not None, found or {}
    text = text.replace(ORGANIZATION_MARK, NOWHERE if org is None else org.id)
    text = text.replace(ACCOUNT_MARK, call.account if org is None else org.account)
    # Billing is the one kind of responsibility there is to transfer; none is stored, so its direction is not known.
    text = text.replace(TRANSFER_TYPE, "billing").replace(TRANSFER_DIRECTION, "*")
    if org is not None:
        context["aws:resourceaccount"] = org.account
    return Facts(arn=text, account=call.account, exists=exists, tags=tags, context=context)


def _organization(reader: Reader, call: Call, what: str, id: str) -> Resource[Organization] | None:
    """The organization a resource belongs to: the caller's, but a handshake's own."""
    if what == "handshake":
        handshake = reader.by_id(HANDSHAKE, id)
        if handshake is not None:
            return reader.get(ORGANIZATION, handshake.account, NAME)
    standing = standing_of(reader, call.account)
    return None if standing is None else standing.org


def _policy(
    reader: Reader, call: Call, org: Resource[Organization] | None, id: str
) -> tuple[str, dict[str, str], bool]:
    """Type and tags of a policy, and whether it is there; of one being made, the type it will have."""
    own = aws_policies.find(id)
    if own is not None:
        return own.type, {}, True
    if id == "p-*":
        return call.params.get("Type", ""), {}, False
    row = reader.by_id(POLICY, id)
    if row is None or org is None or row.account != org.account:
        return "", {}, False
    return row.parent, row.body.tags, True


def _node_tags(reader: Reader, org: Resource[Organization], what: str, id: str) -> dict[str, str] | None:
    """The tags of a root, unit, account or resource policy; None if there is no such thing."""
    if what == "root":
        return org.body.root_tags if id == org.body.root_id else None
    if what == "ou":
        unit = tree.unit(reader, org, id)
        return None if unit is None else unit.body.tags
    if what == "account":
        member = tree.member(reader, org, id)
        return None if member is None else member.body.tags
    if what == "resourcepolicy" and org.body.resource_policy is not None:
        return org.body.resource_policy.tags
    return None


provide_resources("organizations", organization_facts)
