"""A policy change somebody thinks about: `KIND:WHAT@WHERE`, and the world it would make.

scp:FILE@TARGET         attach a new service control policy to a root, unit or account; with a policy id (p-...)
                        or policy ARN as target: its new text
rcp:FILE@TARGET         the same for resource control policies
policy:FILE@ARN         new text of a managed policy; of a user, group or role: one more identity policy
policy:FILE@ARN#NAME    the text of the inline policy NAME of a user, group or role
trust:FILE@ROLE         new trust policy of a role
boundary:POLICY@ARN     permissions boundary (a managed policy's ARN, or a FILE) of a user or role
attach:POLICY@TARGET    attach a managed policy to a user, group or role; an organization's to its tree
detach:POLICY@TARGET    take it away; `detach:NAME@ARN` an inline policy; `detach:boundary@ARN` the boundary
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from garrison.policy.request import PolicyType
from garrison.replay.world import (
    FULL_SCP,
    Entity,
    ManagedPolicy,
    Organization,
    OrganizationPolicy,
    World,
    parse,
)

KINDS = ("scp", "rcp", "policy", "trust", "boundary", "attach", "detach")
NEW = "arn:aws:iam::aws:policy/hypothetical/"
_TYPES = {"scp": PolicyType.SCP, "rcp": PolicyType.RCP}


class ChangeError(Exception):
    """A change that cannot be read, or that this world cannot make."""


class Change(msgspec.Struct, frozen=True):
    """One change. `text` is the policy's new text, None where the change names an existing policy."""

    kind: str
    what: str
    """File, policy ARN or name, as given."""
    where: str
    text: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.what}@{self.where}"


def read_change(given: str, base: Path = Path()) -> Change:
    """Read `KIND:WHAT@WHERE`; files are found from `base`. Raises `ChangeError`."""
    kind, colon, rest = given.partition(":")
    what, at, where = rest.rpartition("@")
    if not (colon and at and what and where) or kind not in KINDS:
        raise ChangeError(f"{given!r} is no change: it takes KIND:WHAT@WHERE, with KIND one of {', '.join(KINDS)}.")
    if kind in ("attach", "detach") or (kind == "boundary" and what.startswith("arn:")):
        return Change(kind, what, where)
    try:
        return Change(kind, what, where, (base / what).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as e:
        raise ChangeError(f"{given}: {base / what} cannot be read: {e}") from e


def apply(world: World, changes: Iterable[Change]) -> World:
    """The world after the changes, one after the other. Raises `ChangeError`, and `WorldError` for bad policies."""
    for change in changes:
        world = _MAKE[change.kind](world, change)
    return world


def _organization_policy(world: World, change: Change) -> World:
    assert change.text is not None
    parse(change.text, _TYPES[change.kind], change.what)
    tree = _enabled(_tree(world, change), change.kind)
    id = change.where.rpartition("/")[2]
    known = tree.policies.get(id)
    if known is not None and known.kind == change.kind:
        policies = {**tree.policies, id: msgspec.structs.replace(known, text=change.text)}
        return _with_tree(world, msgspec.structs.replace(tree, policies=policies))
    if id.startswith("p-"):
        raise ChangeError(f"{change}: the organization has no such policy.")
    id = f"p-new-{len(tree.policies)}"
    policy = OrganizationPolicy(change.kind, id, "", change.what, change.text)
    attached = (*tree.attached.get(_node(tree, change), ()), id)
    return _with_tree(
        world,
        msgspec.structs.replace(
            tree, policies={**tree.policies, id: policy}, attached={**tree.attached, _node(tree, change): attached}
        ),
    )


def _identity(world: World, change: Change) -> World:
    assert change.text is not None
    parse(change.text, PolicyType.IDENTITY, change.what)
    arn, _, inline = change.where.partition("#")
    managed = world.policy(arn)
    if managed is not None:
        return World(
            world.entities,
            {**world.managed, arn: msgspec.structs.replace(managed, text=change.text)},
            world.organizations,
        )
    entity = _entity(world, arn, change)
    name = inline or f"{change.what} (new)"
    return _with_entity(world, msgspec.structs.replace(entity, inline={**entity.inline, name: change.text}))


def _trust(world: World, change: Change) -> World:
    assert change.text is not None
    parse(change.text, PolicyType.TRUST, change.what)
    entity = _entity(world, change.where, change)
    if entity.kind != "role":
        raise ChangeError(f"{change}: only roles have trust policies.")
    return _with_entity(world, msgspec.structs.replace(entity, trust=change.text))


def _boundary(world: World, change: Change) -> World:
    entity = _entity(world, change.where, change)
    if entity.kind == "group":
        raise ChangeError(f"{change}: groups have no permissions boundary.")
    if change.text is None:
        if world.policy(change.what) is None:
            raise ChangeError(f"{change}: there is no policy {change.what}.")
        return _with_entity(world, msgspec.structs.replace(entity, boundary=change.what))
    parse(change.text, PolicyType.BOUNDARY, change.what)
    arn = NEW + change.what
    world = World(
        world.entities, {**world.managed, arn: ManagedPolicy(arn, change.what, change.text)}, world.organizations
    )
    return _with_entity(world, msgspec.structs.replace(entity, boundary=arn))


def _attach(world: World, change: Change) -> World:
    if world.policy(change.what) is not None:
        entity = _entity(world, change.where, change)
        attached = (*(arn for arn in entity.attached if arn != change.what), change.what)
        return _with_entity(world, msgspec.structs.replace(entity, attached=attached))
    tree = _tree(world, change)
    id = change.what.rpartition("/")[2]
    if id not in tree.policies:
        raise ChangeError(f"{change}: there is no policy {change.what}.")
    node = _node(tree, change)
    ids = (*(i for i in tree.attached.get(node, ()) if i != id), id)
    return _with_tree(world, msgspec.structs.replace(tree, attached={**tree.attached, node: ids}))


def _detach(world: World, change: Change) -> World:
    entity = world.entity(change.where)
    if entity is not None:
        if change.what == "boundary" and entity.boundary is not None:
            return _with_entity(world, msgspec.structs.replace(entity, boundary=None))
        if change.what in entity.attached:
            rest = tuple(arn for arn in entity.attached if arn != change.what)
            return _with_entity(world, msgspec.structs.replace(entity, attached=rest))
        if change.what in entity.inline:
            inline = {name: text for name, text in entity.inline.items() if name != change.what}
            return _with_entity(world, msgspec.structs.replace(entity, inline=inline))
        raise ChangeError(f"{change}: {change.where} has no such policy.")
    tree = _tree(world, change)
    id = change.what.rpartition("/")[2]
    node = _node(tree, change)
    if id not in tree.attached.get(node, ()):
        raise ChangeError(f"{change}: {change.what} is not attached to {node}.")
    ids = tuple(i for i in tree.attached[node] if i != id)
    return _with_tree(world, msgspec.structs.replace(tree, attached={**tree.attached, node: ids}))


def _entity(world: World, arn: str, change: Change) -> Entity:
    found = world.entity(arn)
    if found is None:
        raise ChangeError(f"{change}: there is no {arn}.")
    return found


def _tree(world: World, change: Change) -> Organization:
    """The organization of what the change is for, or one of just the account that is asked for: as if it were some
    organization's member."""
    found = world.organization_of(change.where.rpartition("/")[2])
    if found is not None:
        return found
    if len(world.organizations) == 1:
        return world.organizations[0]
    if len(change.where) == 12 and change.where.isdigit():
        return Organization("o-hypothetical", "", "r-none", {change.where: "r-none"})
    raise ChangeError(
        f"{change}: no organization is known. Give its export, or an account id as target for an account without one."
    )


def _enabled(tree: Organization, kind: str) -> Organization:
    """The tree with that type of policies enabled, as AWS does it: FullAWSAccess attached to everything."""
    if kind in tree.enabled:
        return tree
    if kind == "rcp":  # RCPFullAWSAccess only allows, and resource control policies are only heard where they deny.
        return msgspec.structs.replace(tree, enabled=tree.enabled | {kind})
    everything = {node: (*tree.attached.get(node, ()), FULL_SCP.id) for node in (tree.root, *tree.parents)}
    return msgspec.structs.replace(
        tree,
        enabled=tree.enabled | {kind},
        policies={**tree.policies, FULL_SCP.id: FULL_SCP},
        attached={**tree.attached, **everything},
    )


def _node(tree: Organization, change: Change) -> str:
    """The root, unit or account that `where` means: an id, or an ARN ending in one."""
    node = change.where.rpartition("/")[2]
    if node != tree.root and node not in tree.parents:
        raise ChangeError(f"{change}: {node} is neither the root, a unit nor an account of the organization.")
    return node


def _with_entity(world: World, entity: Entity) -> World:
    return World({**world.entities, entity.arn: entity}, world.managed, world.organizations)


def _with_tree(world: World, tree: Organization) -> World:
    others = [one for one in world.organizations if one.id != tree.id]
    return World(world.entities, world.managed, (*others, tree))


_MAKE = {
    "scp": _organization_policy,
    "rcp": _organization_policy,
    "policy": _identity,
    "trust": _trust,
    "boundary": _boundary,
    "attach": _attach,
    "detach": _detach,
}
