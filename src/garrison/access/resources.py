"""What is known of the resource a call is about. Services register providers; nobody imports a service to ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check
from garrison.policy.request import AttachedPolicy, ContextValue, Request
from garrison.store import Reader


class Facts(msgspec.Struct, frozen=True, eq=False):
    """A resource as authorization sees it."""

    arn: str
    """The full ARN as AWS would build it (`UserName` given, path found)."""
    account: str | None
    """Its owner; None where there is no resource (`*`)."""
    exists: bool = False
    tags: dict[str, str] = {}
    """Gives `aws:ResourceTag/...` and the service's own `.../ResourceTag/...` keys."""
    context: dict[str, ContextValue] = {}
    """Further condition keys read from state (`iam:permissionsboundary`), lower-case names."""
    policy: AttachedPolicy | None = None
    """Its resource-based or trust policy."""
    trusts_account: bool = True
    """Whether the account's identity policies count without its policy saying so (false: trust and key policies)."""
    elsewhere: bool = False
    """Its policy is kept by somebody else: only the record of a call can say later what it was."""
    settled: dict[str, ContextValue] = {}
    """Condition keys that the call's parameters leave open and state closes: these take the place of the check's own
    (`dynamodb:leadingkeys`, once the table has said which attribute is its partition key)."""
    grants: Callable[[Request], tuple[AttachedPolicy, ...]] | None = None
    """What else speaks for the caller beside the policy (grants of a KMS key), each as a policy of its own. Asked only
    when nothing else allows a request and nothing denies it."""
    refusal: AwsError | None = None
    """What the service answers to whoever names this, before anything is decided: there is no such resource."""
    denied: AwsError | None = None
    """What a denied caller is told instead of the usual sentence."""
    beyond_rcps: bool = False
    """Whether resource control policies do not limit it, though it is of a member account."""
    epoch: str | None = None
    """The epoch domain, beside IAM's, that moves in the resource's account when any of this changes."""


class ResourceProvider(Protocol):
    """One service's view of its own resources."""

    def __call__(self, reader: Reader, call: Call, check: Check) -> Facts:
        """Facts of the resource of one check. `check.resource` is the resolver's ARN, without what only state knows."""
        ...


_providers: dict[str, ResourceProvider] = {}
_shared: set[str] = set()
_others: ResourceProvider | None = None


def provide_resources(arn_service: str, provider: ResourceProvider, *, shared: bool = False) -> None:
    """Register the provider for ARNs of one service (`iam`, `kms`): the third field of the ARN.

    `shared`: where a call is forwarded, what it names is the upstream's.
    """
    _providers[arn_service] = provider
    if shared:
        _shared.add(arn_service)


def provider_of(arn_service: str, *, forwarded: bool = False) -> ResourceProvider | None:
    """Which of Garrison's own services answers for ARNs of a service, if any does."""
    return None if forwarded and arn_service in _shared else _providers.get(arn_service)


def provide_others(provider: ResourceProvider) -> None:
    """Register who answers for ARNs that none of Garrison's own services answers for."""
    global _others
    _others = provider


def facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of the resource of one check, from its service's provider, or just its ARN where none is registered."""
    parts = check.resource.split(":", 5)
    provider = None
    if len(parts) == 6:
        provider = provider_of(parts[2], forwarded=call.forwarded) or _others
    if provider is not None:
        return provider(reader, call, check)
    account = parts[4] if len(parts) == 6 else ""
    return Facts(arn=check.resource, account=account or None)
