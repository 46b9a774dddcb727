"""Buckets: policy, public access block, tags; and the tags of objects.

Source: S3 user guide, "Blocking public access to your Amazon S3 storage" and "Tagging and access control policies".
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask, Told, Unreadable, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Side, Tags
from garrison.gateway.upstream.resources.xml import rows

_READS_OBJECT_TAGS = frozenset(
    {
        "s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectAttributes", "s3:GetObjectTagging", "s3:GetObjectVersion",
        "s3:GetObjectVersionAcl", "s3:GetObjectVersionAttributes", "s3:GetObjectVersionTagging", "s3:PutObjectAcl",
        "s3:PutObjectTagging", "s3:PutObjectVersionAcl", "s3:PutObjectVersionTagging", "s3:DeleteObjectTagging",
        "s3:DeleteObjectVersionTagging", "s3:ReplicateTags",
    }
)  # fmt: skip
"""Actions whose `s3:ExistingObjectTag` AWS fills. Source: service authorization reference."""


def _carrier(place: Place, check: Check) -> str | None:
    if place.account:
        raise Unreadable("access points are not followed to their buckets")
    bucket, slash, _ = place.name.partition("/")
    return f"arn:{place.partition}:s3:::{bucket}" if slash else place.arn


def _bucket(place: Place) -> str:
    return "/" + quote(place.name.partition("/")[0], safe="-_.~")


class Doors(msgspec.Struct, frozen=True):
    """What lets others into a bucket."""

    policy: str | None
    block: frozenset[str]
    """The settings of its public access block that are on."""
    groups: frozenset[tuple[str, str]] = frozenset()
    """(URI, permission) of the groups its access list names."""


async def doors(ask: Ask, place: Place, *, groups: bool = True) -> Doors | None:
    """A bucket's; None where there is no such bucket. Raises `Unreadable`."""
    wanted = ("policy", "publicAccessBlock", *(("acl",) if groups else ()))
    policy, block, *rest = await asyncio.gather(*(ask.get("s3", place.region, _bucket(place), one) for one in wanted))
    if policy.code == "NoSuchBucket":
        return None
    if policy.code is None and policy.status == 200:
        text: str | None = policy.body.decode("utf-8", "replace")
    elif policy.code == "NoSuchBucketPolicy" or policy.unsupported:
        text = None
    else:
        raise unexpected("bucket policy", policy)
    return Doors(text, _settings(block), _groups(rest[0]) if rest else frozenset())


def _groups(acl: Told) -> frozenset[tuple[str, str]]:
    if acl.unsupported:
        return frozenset()
    if acl.status != 200:
        raise unexpected("access list", acl)
    found = zip(rows(acl, "Grantee"), rows(acl, "Grant"), strict=False)
    return frozenset((grantee["URI"], grant.get("Permission", "")) for grantee, grant in found if "URI" in grantee)


async def _side(ask: Ask, place: Place) -> Side:
    found = await doors(ask, place, groups=False)
    if found is None:
        return Side(exists=False)
    limits, blocks = ("RestrictPublicBuckets" in found.block, "BlockPublicPolicy" in found.block)
    return Side(policy=found.policy, limits_public=limits, blocks_public=blocks)


def _settings(block: Told) -> frozenset[str]:
    """The settings of a public access block that are on."""
    if block.code == "NoSuchPublicAccessBlockConfiguration" or block.unsupported:
        return frozenset()
    if block.status != 200:
        raise unexpected("public access block", block)
    return frozenset(
        name
        for row in rows(block, "PublicAccessBlockConfiguration")
        for name, value in row.items()
        if value.strip().lower() == "true"
    )


def _read_tags(told: Told) -> Tags:
    if told.code in ("NoSuchTagSet", "NoSuchBucket", "NoSuchKey", "NoSuchVersion") or told.unsupported:
        return {}
    if told.status != 200:
        raise unexpected("tags", told)
    return {row.get("Key", ""): row.get("Value", "") for row in rows(told, "Tag")}


async def _tags(ask: Ask, place: Place) -> Tags:
    return _read_tags(await ask.get("s3", place.region, _bucket(place), "tagging"))


async def object_tags(ask: Ask, place: Place, version: str | None) -> Tags:
    """The tags of one object, none where there is no such object."""
    bucket, _, key = place.name.partition("/")
    path = f"/{quote(bucket, safe='-_.~')}/{quote(key, safe='/-_.~')}"
    query = "tagging" + (f"&versionId={quote(version, safe='')}" if version else "")
    return _read_tags(await ask.get("s3", place.region, path, query))


def existing(tags: Tags) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that object tags give."""
    return {f"s3:existingobjecttag/{key.lower()}": value for key, value in tags.items()}


def reads_object_tags(check: Check) -> bool:
    """Whether AWS fills `s3:ExistingObjectTag` for the check's action."""
    return check.action in _READS_OBJECT_TAGS


def version_of(params: Mapping[str, Any], check: Check) -> str | None:
    """The object version a check is about."""
    named = check.context.get("s3:versionid") or params.get("VersionId")
    return named if isinstance(named, str) else None


ASPECTS = Aspects(carrier=_carrier, side=_side, tags=_tags, whole=lambda place: bool(place.name), described="bucket")
