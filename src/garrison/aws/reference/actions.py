"""What AWS's service reference says of actions: for validation, linting and simulation.

Prefixes and action names may be given in any case. The first question about a service reads its part of the reference
(a few milliseconds); the answers are kept.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from garrison.aws.reference import data

GLOBAL_KEY_TYPES = {
    "aws:assumedroot": "Bool",
    "aws:calledvia": "ArrayOfString",
    "aws:calledviafirst": "String",
    "aws:calledvialast": "String",
    "aws:currenttime": "Date",
    "aws:ec2instancesourceprivateipv4": "IPAddress",
    "aws:ec2instancesourcevpc": "String",
    "aws:epochtime": "Date",
    "aws:federatedprovider": "String",
    "aws:multifactorauthage": "Numeric",
    "aws:multifactorauthpresent": "Bool",
    "aws:principalaccount": "String",
    "aws:principalarn": "ARN",
    "aws:principalisawsservice": "Bool",
    "aws:principalorgid": "String",
    "aws:principalorgpaths": "ArrayOfString",
    "aws:principalservicename": "String",
    "aws:principalservicenameslist": "ArrayOfString",
    "aws:principaltag/${tagkey}": "String",
    "aws:principaltype": "String",
    "aws:referer": "String",
    "aws:requestedregion": "String",
    "aws:requesttag/${tagkey}": "String",
    "aws:resourceaccount": "String",
    "aws:resourceorgid": "String",
    "aws:resourceorgpaths": "ArrayOfString",
    "aws:resourcetag/${tagkey}": "String",
    "aws:securetransport": "Bool",
    "aws:sourceaccount": "String",
    "aws:sourcearn": "ARN",
    "aws:sourceidentity": "String",
    "aws:sourceip": "IPAddress",
    "aws:sourceorgid": "String",
    "aws:sourceorgpaths": "ArrayOfString",
    "aws:sourcevpc": "String",
    "aws:sourcevpcarn": "ARN",
    "aws:sourcevpce": "String",
    "aws:tagkeys": "ArrayOfString",
    "aws:tokenissuetime": "Date",
    "aws:useragent": "String",
    "aws:userid": "String",
    "aws:username": "String",
    "aws:viaawsservice": "Bool",
    "aws:vpceaccount": "String",
    "aws:vpceorgid": "String",
    "aws:vpceorgpaths": "ArrayOfString",
    "aws:vpcsourceip": "IPAddress",
}
"""Keys any action may be asked with. Source: IAM user guide, "AWS global condition context keys"."""

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>")


class ActionInfo(msgspec.Struct, frozen=True):
    """One action, as the reference describes it."""

    name: str
    """`iam:CreateUser`, in AWS's spelling."""
    access_level: str
    """`Read`, `List`, `Write`, `Tagging`, `Permissions management`, or several joined by commas."""
    resource_types: tuple[str, ...]
    required_types: tuple[str, ...]
    condition_keys: tuple[str, ...]
    """Keys of the action and of its resource types, in AWS's spelling, global ones only where listed."""


def services() -> frozenset[str]:
    """Every known service prefix, in lower case."""
    return data.prefixes()


def rcp_services() -> frozenset[str]:
    """Prefixes of the services that resource control policies reach."""
    return data.rcp_services()


@lru_cache(maxsize=512)
def actions(prefix: str) -> tuple[str, ...]:
    """Action names of a service without prefix, sorted, in AWS's spelling; empty for an unknown service."""
    known = data.service(prefix.lower())
    return tuple(sorted(a.name for a in known.actions.values())) if known else ()


def action_exists(action: str) -> bool:
    """Whether the reference knows `prefix:Name`. Wildcards are not expanded."""
    return _find(action) is not None


def describe(action: str) -> ActionInfo | None:
    """What the reference says of `prefix:Name`, or None."""
    found = _find(action)
    if found is None:
        return None
    known, one = found
    uses = one.resource_types
    types = (known.resource_types.get(use.name.lower()) for use in uses)
    listed = [
        *one.condition_keys,
        *(key for use in uses for key in use.condition_keys),
        *(key for kind in types if kind for key in kind.condition_keys),
    ]
    return ActionInfo(
        name=f"{known.prefix}:{one.name}",
        access_level=one.access_level,
        resource_types=tuple(use.name for use in uses),
        required_types=tuple(use.name for use in uses if use.required),
        condition_keys=tuple(dict.fromkeys(listed)),
    )


def resource_templates(action: str) -> tuple[str, ...]:
    """ARN templates (`arn:${Partition}:iam::${Account}:user/${UserNameWithPath}`) an action acts on.

    Empty for actions without resource types, which are only ever asked for on `*`, and for unknown actions.
    """
    found = _find(action)
    if found is None:
        return ()
    known, one = found
    types = (known.resource_types.get(use.name.lower()) for use in one.resource_types)
    return tuple(kind.arn for kind in types if kind)


@lru_cache(maxsize=4096)
def condition_keys(action: str) -> dict[str, str]:
    """The service's and the listed global condition keys of an action with their types, keyed in AWS's spelling.

    A type is `String`, `ARN`, `Bool`, `Numeric`, `Date` or `IPAddress`, or `ArrayOf` one of them. Global keys that any
    action may be asked with are in `GLOBAL_KEY_TYPES`. Empty for unknown actions.
    """
    info = describe(action)
    return {key: key_type(key) or "String" for key in info.condition_keys} if info else {}


def key_type(key: str) -> str | None:
    """The type of a condition key, global or of a service, `aws:RequestTag/team` included; None if unknown."""
    lower = key.lower()
    declared = GLOBAL_KEY_TYPES.get(lower)
    if declared:
        return declared
    prefix = lower.partition(":")[0]
    if prefix == "aws":
        slash = lower.partition("/")[0] + "/${tagkey}"
        return GLOBAL_KEY_TYPES.get(slash) if "/" in lower else None
    known = data.service(prefix)
    if known is None:
        return None
    one = known.condition_keys.get(lower)
    if one:
        return one.type
    for template, candidate in known.condition_keys.items():
        if _PLACEHOLDER.search(template) and _template(template).fullmatch(lower):
            return candidate.type
    return None


@lru_cache(maxsize=1024)
def _template(template: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in _PLACEHOLDER.split(template)), re.DOTALL)


def _find(action: str) -> tuple[data.Service, data.Action] | None:
    prefix, _, name = action.partition(":")
    known = data.service(prefix.lower())
    one = known.actions.get(name.lower()) if known else None
    return (known, one) if known and one else None
