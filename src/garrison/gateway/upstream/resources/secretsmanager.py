"""Secrets: the whole ARN behind a name, resource policy and tags."""

from __future__ import annotations

from typing import Any

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Side, Tags

_NONE = "ResourceNotFoundException"
_UNKNOWN = "-??????"


def _carrier(place: Place, check: Check) -> str | None:
    return place.arn if place.name.startswith("secret:") and "*" not in place.name else None


def _id(place: Place) -> str:
    """What names the secret: its whole ARN, or its name where the ARN's last six characters are not known."""
    return place.name.removeprefix("secret:").removesuffix(_UNKNOWN) if place.name.endswith(_UNKNOWN) else place.arn


async def _described(ask: Ask, place: Place) -> dict[str, Any] | None:
    told = await ask.json(
        "secretsmanager", "secretsmanager.DescribeSecret", place.region, {"SecretId": _id(place)}, "1.1"
    )
    if told.code == _NONE:
        return None
    if told.status != 200:
        raise unexpected("secret", told)
    found: dict[str, Any] = told.json()
    return found


async def _side(ask: Ask, place: Place) -> Side:
    secret = await _described(ask, place)
    if secret is None:
        return Side(exists=False)
    arn = secret["ARN"]
    told = await ask.json("secretsmanager", "secretsmanager.GetResourcePolicy", place.region, {"SecretId": arn}, "1.1")
    if told.code == _NONE or told.unsupported:
        return Side(arn=arn)
    if told.status != 200:
        raise unexpected("secret policy", told)
    return Side(arn=arn, policy=told.json().get("ResourcePolicy") or None)


async def _tags(ask: Ask, place: Place) -> Tags:
    secret = await _described(ask, place)
    return {} if secret is None else {tag["Key"]: tag.get("Value", "") for tag in secret.get("Tags") or []}


ASPECTS = Aspects(
    carrier=_carrier,
    side=_side,
    tags=_tags,
    whole=lambda place: "*" not in place.name,
    aliased=True,
    described="secret",
)
