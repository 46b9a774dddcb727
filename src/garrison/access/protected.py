"""What a web ACL can protect, and which one does: load balancers and distributions on one side, WAF on the other.

Services never import each other; both say here what they know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from garrison.store import Reader, Transaction


class Exists(Protocol):
    """Whether the resource of an ARN is there, and its owner's."""

    def __call__(self, reader: Reader, account: str, arn: str) -> bool: ...


class Using(Protocol):
    """The ARNs of resources that name a web ACL themselves (distributions: `WebACLId`)."""

    def __call__(self, reader: Reader, account: str, web_acl: str) -> Iterable[str]: ...


class Association(Protocol):
    """WAF's side: the web ACL a resource is associated with."""

    def web_acl(self, reader: Reader, resource: str) -> str | None:
        """The ARN of the web ACL that protects a regional resource."""
        ...

    def exists(self, reader: Reader, account: str, web_acl: str) -> bool:
        """Whether a global web ACL of the account can be named by a distribution."""
        ...

    def forget(self, tx: Transaction, resource: str) -> None:
        """The resource is gone."""
        ...


@dataclass(slots=True, frozen=True)
class Protectable:
    """A type of regional resource that AssociateWebACL takes."""

    type: str
    """As `ResourceType` names it: `APPLICATION_LOAD_BALANCER`."""
    service: str
    """Third field of its ARNs."""
    prefix: str
    """What the last field of its ARNs begins with: `loadbalancer/app/`."""
    exists: Exists


@dataclass(slots=True, frozen=True)
class Naming:
    """A type of resource that names its web ACL itself, and is not associated."""

    service: str
    """Third field of its ARNs."""
    prefix: str
    """What the last field of its ARNs begins with: `distribution/`."""
    exists: Exists
    web_acl: Callable[[Reader, str], str | None]
    """The ARN of the web ACL that the resource of an ARN names."""


_protectable: list[Protectable] = []
_naming: list[Naming] = []
_using: list[Using] = []
_association: list[Association] = []


def provide_protectable(protectable: Protectable) -> None:
    """Register a type of resource that web ACLs protect."""
    _protectable.append(protectable)


def provide_using(using: Using) -> None:
    """Register a service whose resources name their web ACL themselves."""
    _using.append(using)


def provide_naming(naming: Naming) -> None:
    """Register such a type, for those who start from the resource."""
    _naming.append(naming)


def provide_association(association: Association) -> None:
    """Register WAF."""
    _association[:] = [association]


def protectable(arn: str) -> Protectable | None:
    """The type of resource an ARN names, None for what AssociateWebACL does not take."""
    return next((one for one in _protectable if _fits(arn, one.service, one.prefix)), None)


def exists(reader: Reader, account: str, arn: str) -> bool | None:
    """Whether a load balancer or distribution of the account is there; None for what no service here has."""
    known: list[Protectable | Naming] = [*_protectable, *_naming]
    for one in known:
        if _fits(arn, one.service, one.prefix):
            return one.exists(reader, account, arn)
    return None


def _fits(arn: str, service: str, prefix: str) -> bool:
    parts = arn.split(":", 5)
    return len(parts) == 6 and parts[2] == service and parts[5].startswith(prefix)


def using(reader: Reader, account: str, web_acl: str) -> list[str]:
    """Every resource of the account that names the web ACL itself."""
    return [arn for provider in _using for arn in provider(reader, account, web_acl)]


def web_acl_of(reader: Reader, resource: str) -> str | None:
    """The ARN of the web ACL that protects a resource."""
    for one in _naming:
        if _fits(resource, one.service, one.prefix):
            return one.web_acl(reader, resource)
    return _association[0].web_acl(reader, resource) if _association else None


def web_acl_exists(reader: Reader, account: str, web_acl: str) -> bool:
    """Whether a distribution of the account may name this web ACL."""
    return bool(_association) and _association[0].exists(reader, account, web_acl)


def forget(tx: Transaction, resource: str) -> None:
    """A protected resource is deleted: its association goes with it."""
    for association in _association:
        association.forget(tx, resource)
