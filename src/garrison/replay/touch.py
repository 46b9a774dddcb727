"""What differs between two worlds: the statements that are in one and not in the other.

A call whose action none of them covers is decided alike in both, and need not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from garrison.policy.document import Document
from garrison.policy.request import PolicyType
from garrison.policy.statement import Statement
from garrison.replay.suppose import Fingerprint, fingerprint
from garrison.replay.world import FULL_SCP, Entity, Organization, World, parse

_TYPES = {"scp": PolicyType.SCP, "rcp": PolicyType.RCP}
Texts = tuple[PolicyType, list[str], list[str]]
"""Kind of policy, texts before, texts after."""


class Touch:
    """The difference, by action."""

    def __init__(self, before: World, after: World) -> None:
        self.everything = False
        """A boundary came or went: whatever it does not allow is touched."""
        self.statements: list[Statement] = []
        self.fingerprints: set[Fingerprint] = set()
        self.of_resources = False
        """Trust policies or resource control policies are among it: the resource's side has changed."""
        self._removed: list[Statement] = []
        self._actions: dict[str, bool] = {}
        for kind, old, new in _texts(before, after):
            self._compare(kind, old, new)
        for one in after.entities.values():
            was = before.entities.get(one.arn)
            if was is not one and was is not None and was.boundary != one.boundary:
                self.everything = True

    def _compare(self, kind: PolicyType, old: list[str], new: list[str]) -> None:
        were, are = _statements(kind, old), _statements(kind, new)
        gone = {f: s for f, s in were.items() if f not in are}
        come = {f: s for f, s in are.items() if f not in were}
        self.statements += [*gone.values(), *come.values()]
        self._removed += gone.values()
        self.fingerprints |= gone.keys() | come.keys()
        if (gone or come) and kind in (PolicyType.RCP, PolicyType.TRUST):
            self.of_resources = True

    def touches(self, action: str) -> bool:
        """Whether the difference may matter to calls for `action`."""
        found = self._actions.get(action)
        if found is None:
            lower = action.lower()
            found = self._actions[action] = self.everything or any(s.action(lower) for s in self.statements)
        return found

    def takes_away(self, action: str) -> bool:
        """Whether a statement that allowed `action` is gone."""
        lower = action.lower()
        return self.everything or any(s.allow and s.action(lower) for s in self._removed)


def _statements(kind: PolicyType, texts: list[str]) -> dict[Fingerprint, Statement]:
    documents: list[Document] = [parse(text, kind, f"a {kind}") for text in texts]
    return {fingerprint(statement): statement for document in documents for statement in document.statements}


def _texts(before: World, after: World) -> Iterator[Texts]:
    for arn in before.managed.keys() | after.managed.keys():
        was, now = before.policy(arn), after.policy(arn)
        if was != now:
            yield PolicyType.IDENTITY, [was.text] if was else [], [now.text] if now else []
    for arn in before.entities.keys() | after.entities.keys():
        old, new = before.entities.get(arn), after.entities.get(arn)
        if old is not new:
            yield from _of_entity(before, after, old, new)
    yield from _of_organization(before, after)


def _of_entity(before: World, after: World, old: Entity | None, new: Entity | None) -> Iterator[Texts]:
    yield PolicyType.IDENTITY, _identity(before, old), _identity(after, new)
    yield PolicyType.TRUST, _trust(old), _trust(new)


def _trust(entity: Entity | None) -> list[str]:
    return [] if entity is None or entity.trust is None else [entity.trust]


def _identity(world: World, entity: Entity | None) -> list[str]:
    if entity is None:
        return []
    attached = (world.policy(arn) for arn in entity.attached)
    return [*entity.inline.values(), *(policy.text for policy in attached if policy is not None)]


def _of_organization(before: World, after: World) -> Iterator[Texts]:
    old, new = ({tree.id: tree for tree in world.organizations} for world in (before, after))
    for id in dict.fromkeys((*old, *new)):
        if old.get(id) is not new.get(id):
            yield from _of_tree(old.get(id), new.get(id))


def _of_tree(before: Organization | None, after: Organization | None) -> Iterator[Texts]:
    for kind, type_ in _TYPES.items():
        texts: list[dict[str, list[str]]] = []
        enabled = [tree is not None and kind in tree.enabled for tree in (before, after)]
        for tree in (before, after):
            found: dict[str, list[str]] = {}
            if tree is not None and kind in tree.enabled:
                for node, ids in tree.attached.items():
                    policies = [tree.policies[id] for id in ids]
                    # Where the whole type is enabled only now, FullAWSAccess comes with it and limits nothing.
                    keep = [p for p in policies if p.kind == kind and (all(enabled) or p.id != FULL_SCP.id)]
                    found[node] = [p.text for p in keep]
            texts.append(found)
        for node in texts[0].keys() | texts[1].keys():
            old, new = texts[0].get(node, []), texts[1].get(node, [])
            if old != new:
                yield type_, old, new
