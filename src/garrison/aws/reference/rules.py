"""What we say over the service reference: one YAML file per service in `overrides/`, named as botocore names it."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import msgspec

_LISTED = re.compile(r"\{([^}]*\[\][^}]*)\}")
_NAMED = re.compile(r"(?<!\$)\{([^}]*)\}")


class CheckRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One check of an operation."""

    action: str | None = None
    """With or without prefix; None: the operation's own name."""
    resource: str | list[str] | None = None
    """ARN templates, the first that can be filled wins; None: by `type`, or as the service reference says."""
    type: str | list[str] | None = None
    """Resource types, by name: each is built as the service's `types` or the service reference say."""
    one_of: bool = False
    """Of several types the first that can be filled is meant, instead of all of them."""
    optional: bool = False
    """Leave the check out, rather than refuse the call, when its resource cannot be filled."""
    when: str | list[str] | None = None
    """Only when one of these parameter paths is given; `path=value` asks for that value, `path!=value` for another,
    `!path` for its absence, ` & ` joins several that must all hold. With `each`, asked of every element."""
    each: str | None = None
    """Once for every element of this list; templates then see the element's members (a plain one is `{item}`)."""
    side: bool = False
    context: dict[str, str | list[str]] = {}
    """Condition key -> parameter path, or ARN templates of which the first that can be filled wins; beyond the
    service's `conditions`."""


class ServiceRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    prefix: str | None = None
    """The prefix of its actions, where botocore's names do not give it."""
    types: dict[str, list[str]] = {}
    """Resource type (lower case) -> templates, best first; those whose members an operation lacks are skipped."""
    bases: dict[str, str] = {}
    """What comes before a resource written as `type/id`: by type, and for all others under ``*``."""
    asks: dict[str, str | list[str]] = {}
    """Operation -> the resources its own action is asked for on, as `operations` would say at more length:
    `vpc/{VpcId}`; `subnet/{SubnetId}?` only when the parameter is given; `instance/{InstanceIds[]}` once for each
    element; `*` for an action without resources."""
    rest_verbs: bool = False
    """Its actions are HTTP methods and its ARNs are its paths (API Gateway)."""
    conditions: dict[str, str | list[str]] = {}
    """Condition key (AWS's spelling, placeholders and all) -> parameter paths, the first given wins. Applies to
    every action whose entry in the service reference lists the key."""
    unlisted: dict[str, str | list[str]] = {}
    """The same for every action of the service, although the service reference lists the key for none."""
    identities: dict[str, str] = {}
    """Resource type -> the condition key that holds a resource's own id, for actions that list the key for it."""
    operations: dict[str, list[CheckRule] | CheckRule | str] = {}
    """A bare string is the action's name; an empty list: the call needs no permission."""
    unmapped: dict[str, str] = {}
    """Operations without a known action -> why. They fail closed."""
    pass_role: dict[str, str] = {}
    """Parameter path of a role -> the service it is passed to, beyond what the scan finds. `no` takes one out;
    the path `*` speaks for every role of the service."""
    tag_on_create: dict[str, str] = {}
    """Operation -> the action it needs, too, when it is given tags."""


NO_RULES = ServiceRules()


@cache
def rules(service: str) -> ServiceRules:
    """Our rules for a botocore service, empty where we have none."""
    file = resources.files("garrison.aws.reference") / "overrides" / f"{service}.yaml"
    if not file.is_file():
        return NO_RULES
    read = msgspec.yaml.decode(file.read_bytes(), type=ServiceRules)
    return msgspec.structs.replace(read, operations={**_long(read), **read.operations}) if read.asks else read


def _long(read: ServiceRules) -> dict[str, list[CheckRule] | CheckRule | str]:
    """The operations of `asks` as rules."""
    return {name: [_rule(read, one) for one in ([on] if isinstance(on, str) else on)] for name, on in read.asks.items()}


def _rule(read: ServiceRules, written: str) -> CheckRule:
    if written == "*":
        return CheckRule(resource="*")
    resource = written.removesuffix("?")
    hole = _LISTED.search(resource)
    if hole:
        return CheckRule(resource=based(read, resource.replace(hole[0], "{item}")), each=hole[1])
    when = _NAMED.findall(resource) if written != resource else None
    return CheckRule(resource=based(read, resource), when=when or None)


def based(read: ServiceRules, resource: str) -> str:
    """A template written as `type/id`, with what comes before it; any other as it is."""
    if not read.bases or resource.startswith(("arn:", "{", "*")):
        return resource
    return (read.bases.get(resource.partition("/")[0]) or read.bases["*"]) + resource
