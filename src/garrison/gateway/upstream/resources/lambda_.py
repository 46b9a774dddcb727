"""Functions and layers: policies and tags.

A version's or an alias's policy is its own; a call without one asks the function's (Lambda developer guide,
"Using resource-based policies").
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask, Unreadable, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Side, Tags

_NONE = "ResourceNotFoundException"


def _carrier(place: Place, check: Check) -> str | None:
    return place.arn if place.name.partition(":")[0] in ("function", "layer") else None


async def _side(ask: Ask, place: Place) -> Side:
    kind, name, qualifier = (*place.name.split(":"), "", "")[:3]
    if kind == "layer":
        if not qualifier:
            return Side()
        path, query = f"/2018-10-31/layers/{quote(name, safe='')}/versions/{quote(qualifier, safe='')}/policy", ""
    else:
        path = f"/2015-03-31/functions/{quote(name, safe='')}/policy"
        query = f"Qualifier={quote(qualifier, safe='')}" if qualifier else ""
    told = await ask.get("lambda", place.region, path, query)
    if told.code == _NONE or told.unsupported:
        # Function and policy are not told apart by this answer; without either nobody but the owner is allowed.
        return Side(exists=False)
    if told.status != 200:
        raise unexpected("function policy", told)
    policy = told.json().get("Policy")
    if policy is not None and not isinstance(policy, str):
        raise Unreadable("function policy: the upstream's answer is not text")
    return Side(policy=_with_principals(policy) if policy else None)


def _with_principals(policy: str) -> str:
    """The policy with principals as AWS writes them: emulators keep what `AddPermission` was given, an account's id."""
    try:
        document = msgspec.json.decode(policy)
        statements = document["Statement"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return policy  # whoever reads it says what is wrong
    for statement in statements if isinstance(statements, list) else [statements]:
        given = statement.get("Principal") if isinstance(statement, dict) else None
        if isinstance(given, str) and given != "*":
            kind = "AWS" if given.isdigit() or given.startswith("arn:") else "Service"
            statement["Principal"] = {kind: given}
    return msgspec.json.encode(document).decode()


async def _tags(ask: Ask, place: Place) -> Tags:
    kind, name = (*place.name.split(":"), "")[:2]
    if kind != "function":
        return {}
    # Tags are the function's, whichever version is called.
    arn = place.arn.removesuffix(place.name) + f"function:{name}"
    told = await ask.get("lambda", place.region, f"/2017-03-31/tags/{quote(arn, safe='')}")
    if told.code == _NONE:
        return {}
    if told.status != 200:
        raise unexpected("function tags", told)
    return dict(told.json().get("Tags") or {})


ASPECTS = Aspects(carrier=_carrier, side=_side, tags=_tags, aliased=True, described="function")
