"""Each account's place in its organization and the policies that bind it there, for every decision in the house.

Everything is read from one snapshot, and what is remembered holds for one value of the organization's epoch: a decision
sees one tree, whole.
"""

from __future__ import annotations

from garrison.access.organization import EPOCH, Levels, Membership, provide_organization
from garrison.access.runtime import Runtime
from garrison.policy.document import Document
from garrison.policy.request import AttachedPolicy, PolicyType
from garrison.services.organizations import attached, tree
from garrison.services.organizations.arns import node_arn
from garrison.services.organizations.resources import ALL, RCP, SCP, Organization
from garrison.services.organizations.standing import standing_of
from garrison.store import Reader, Resource

_KINDS = {SCP: PolicyType.SCP, RCP: PolicyType.RCP}


def membership(runtime: Runtime, reader: Reader, account: str) -> Membership | None:
    """The account's place, or None if it belongs to no organization."""
    epoch = reader.epoch(EPOCH, "")
    key = (EPOCH, account)
    known = runtime.plans.get(key)
    if known is not None and known[0] == epoch:
        remembered: Membership | None = known[1]
        return remembered
    found = _membership(runtime, reader, account)
    runtime.plans.put(key, (epoch, found))
    return found


def _membership(runtime: Runtime, reader: Reader, account: str) -> Membership | None:
    standing = standing_of(reader, account)
    if standing is None:
        return None
    org = standing.org
    ids = tree.chain(reader, org, account)
    return Membership(
        id=org.id,
        # Condition keys name the containers only (user guide, aws:PrincipalOrgPaths).
        path=tree.path(org, ids[:-1]),
        management=standing.management,
        scps=_levels(runtime.partition, reader, org, SCP, ids),
        rcps=_levels(runtime.partition, reader, org, RCP, ids),
        root_features=org.body.root_features,
        administers=tuple(standing.member.body.delegated),
        all_features=org.body.feature_set == ALL,
        trusted=tuple(org.body.services),
    )


def _levels(
    partition: str, reader: Reader, org: Resource[Organization], policy_type: str, ids: list[str]
) -> Levels | None:
    if org.body.feature_set != ALL or policy_type not in org.body.policy_types:
        return None
    kind = _KINDS[policy_type]
    levels = []
    for node in ids:
        carrier = node_arn(partition, org, node)
        policies = []
        for link in attached.on(reader, org, policy_type, node):
            found = attached.find(reader, partition, org, link.target)
            assert found is not None, link
            document = Document.parse(found.content, kind)
            policies.append(AttachedPolicy(document, kind, found.name, found.arn, attached_to=carrier))
        levels.append(tuple(policies))
    return tuple(levels)


provide_organization(membership)
