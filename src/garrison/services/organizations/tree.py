"""The tree: a root, units below it to a depth of five, and accounts anywhere in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from garrison.access.accounts import account
from garrison.services.organizations.errors import error, not_found, target_not_found
from garrison.services.organizations.resources import MEMBER, UNIT, Member, Organization, Unit
from garrison.store import Reader, Resource


def unit(reader: Reader, org: Resource[Organization], id: str) -> Resource[Unit] | None:
    """The organization's unit with that id, or None."""
    row = reader.by_id(UNIT, id)
    return row if row is not None and row.account == org.account else None


def member(reader: Reader, org: Resource[Organization], account: str) -> Resource[Member] | None:
    """The organization's account with that id, or None."""
    row = reader.by_id(MEMBER, account)
    return row if row is not None and row.account == org.account else None


def load_unit(reader: Reader, org: Resource[Organization], id: str) -> Resource[Unit]:
    """Raises `OrganizationalUnitNotFoundException`."""
    row = unit(reader, org, id)
    if row is None:
        raise not_found("OrganizationalUnit", "an organizational unit")
    return row


def load_member(reader: Reader, org: Resource[Organization], account: str) -> Resource[Member]:
    """Raises `AccountNotFoundException`."""
    row = member(reader, org, account)
    if row is None:
        raise not_found("Account", "an account")
    return row


def is_container(reader: Reader, org: Resource[Organization], id: str) -> bool:
    """Whether `id` is the root or a unit of the organization."""
    return id == org.body.root_id or unit(reader, org, id) is not None


def check_parent(reader: Reader, org: Resource[Organization], id: str, what: str = "Parent") -> str:
    """The id of a root or unit. Raises `ParentNotFoundException` (or `SourceParent...`, `DestinationParent...`)."""
    if not is_container(reader, org, id):
        # The missing article is AWS's.
        raise error(f"{what}NotFound", "You specified parent that doesn't exist.")
    return id


def check_root(org: Resource[Organization], id: str) -> None:
    """Raises `RootNotFoundException`."""
    if id != org.body.root_id:
        raise not_found("Root", "a root")


def check_target(reader: Reader, org: Resource[Organization], id: str) -> str:
    """The id of a root, unit or account. Raises `TargetNotFoundException`."""
    if not is_container(reader, org, id) and member(reader, org, id) is None:
        raise target_not_found()
    return id


def chain(reader: Reader, org: Resource[Organization], id: str) -> list[str]:
    """The ids from the root to `id`, both included. `id` is in the organization."""
    ids = [id]
    at = id
    row = reader.by_id(MEMBER, at)
    if row is not None:
        at = row.parent
        ids.append(at)
    while at != org.body.root_id:
        above = reader.by_id(UNIT, at)
        assert above is not None
        at = above.parent
        ids.append(at)
    return ids[::-1]


def path(org: Resource[Organization], ids: Sequence[str]) -> str:
    """`o-x/r-y/ou-a/`, with the trailing slash."""
    return "/".join((org.id, *ids)) + "/"


def all_nodes(reader: Reader, org: Resource[Organization]) -> Iterator[str]:
    """The ids of the root, every unit and every account."""
    yield org.body.root_id
    for row in reader.page(UNIT, org.account, parent=None):
        yield row.id
    for held in reader.page(MEMBER, org.account, parent=None):
        yield held.id


def name_of(reader: Reader, org: Resource[Organization], id: str) -> str:
    """What people call a root, unit or account."""
    if id == org.body.root_id:
        return "Root"
    found = unit(reader, org, id)
    if found is not None:
        return found.name
    row = account(reader, id)
    return "" if row is None else row.body.name


def kind_of(id: str) -> str:
    """What sort of place in the tree an id names, in the words of `TargetType`."""
    return "ROOT" if id.startswith("r-") else "ORGANIZATIONAL_UNIT" if id.startswith("ou-") else "ACCOUNT"
