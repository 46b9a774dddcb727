"""Objects in buckets: in folders of this machine that stand for them, or behind the upstream that has S3.

A folder `<data>/buckets/NAME` (or a symbolic link of that name) stands for the bucket NAME: a key is a path in it.
Tags of an object are kept beside it, in `.tags/KEY.json`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

_TAGS = ".tags"


class Missing(Exception):
    """No such bucket or object, or it cannot be read; the message says which."""


class Listed(NamedTuple):
    """An object as a listing shows it."""

    key: str
    size: int
    mark: str
    """Changes when the object does."""


class Objects(Protocol):
    """What can be done with objects. Every function raises `Missing` for what is not there."""

    def has(self, bucket: str) -> bool:
        """Whether the bucket is there."""
        ...

    def local(self, bucket: str) -> bool:
        """Whether the bucket is a folder, so that nobody encrypts what is put there."""
        ...

    def read(self, bucket: str, key: str, most: int) -> bytes:
        """An object of at most `most` bytes. Raises `Missing` also for a longer one."""
        ...

    def write(self, bucket: str, key: str, data: bytes, kms_key: str | None = None) -> None:
        """Make an object, whole or not at all."""
        ...

    def listing(self, bucket: str, prefix: str = "") -> Iterator[Listed]:
        """Objects whose keys begin with a prefix, in order of their keys."""
        ...

    def tag(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        """Add tags to an object."""
        ...

    def tags(self, bucket: str, key: str) -> dict[str, str]:
        """An object's tags."""
        ...


class Folders:
    """Buckets as folders in one folder."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _bucket(self, bucket: str) -> Path:
        plain = bucket and all(c.isalnum() or c in ".-" for c in bucket) and not bucket.startswith(".")
        path = self._directory / bucket
        if not plain or not path.is_dir():
            raise Missing(f"The bucket {bucket} is not there")
        return path.resolve()

    def _path(self, bucket: str, key: str) -> Path:
        root = self._bucket(bucket)
        path = (root / key).resolve()
        # A link in the folder leads nowhere else: whoever may write objects shall not read this machine's files.
        if not key or "\0" in key or not path.is_relative_to(root) or path.is_relative_to(root / _TAGS):
            raise Missing(f"The object {key} is not in the bucket {bucket}")
        return path

    def has(self, bucket: str) -> bool:
        try:
            self._bucket(bucket)
        except Missing:
            return False
        return True

    def local(self, bucket: str) -> bool:
        return True

    def read(self, bucket: str, key: str, most: int) -> bytes:
        path = self._path(bucket, key)
        try:
            with path.open("rb") as file:
                data = file.read(most + 1)
        except OSError as e:
            raise Missing(f"The object {key} of the bucket {bucket} cannot be read: {e.strerror}") from None
        if len(data) > most:
            raise Missing(f"The object {key} of the bucket {bucket} has more than {most} bytes")
        return data

    def write(self, bucket: str, key: str, data: bytes, kms_key: str | None = None) -> None:
        path = self._path(bucket, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            made = path.with_name(f".{path.name}.new")
            made.write_bytes(data)
            os.replace(made, path)
        except OSError as e:
            raise Missing(f"The object {key} of the bucket {bucket} cannot be written: {e.strerror}") from None

    def listing(self, bucket: str, prefix: str = "") -> Iterator[Listed]:
        root = self._bucket(bucket)
        for path in sorted(root.rglob("*")):
            key = path.relative_to(root).as_posix()
            hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
            if hidden or not key.startswith(prefix) or not path.is_file() or path.is_symlink():
                continue
            stat = path.stat()
            yield Listed(key, stat.st_size, f"{stat.st_mtime_ns}-{stat.st_size}")

    def tag(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        kept = {**self.tags(bucket, key), **tags}
        path = self._bucket(bucket) / _TAGS / f"{key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(kept))

    def tags(self, bucket: str, key: str) -> dict[str, str]:
        if not self._path(bucket, key).is_file():
            raise Missing(f"The object {key} is not in the bucket {bucket}")
        path = self._bucket(bucket) / _TAGS / f"{key}.json"
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.is_file() else {}


class S3:
    """Buckets of an S3 endpoint."""

    def __init__(self, client: Any) -> None:
        """`client` is botocore's for S3."""
        self._client = client

    def has(self, bucket: str) -> bool:
        try:
            self._client.head_bucket(Bucket=bucket)
        except Exception:
            return False
        return True

    def local(self, bucket: str) -> bool:
        return False

    def read(self, bucket: str, key: str, most: int) -> bytes:
        try:
            data: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read(most + 1)
        except Exception as e:
            raise Missing(f"The object {key} of the bucket {bucket} cannot be read: {e}") from None
        if len(data) > most:
            raise Missing(f"The object {key} of the bucket {bucket} has more than {most} bytes")
        return data

    def write(self, bucket: str, key: str, data: bytes, kms_key: str | None = None) -> None:
        sealed = {} if kms_key is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=data, **sealed)
        except Exception as e:
            raise Missing(f"The object {key} of the bucket {bucket} cannot be written: {e}") from None

    def listing(self, bucket: str, prefix: str = "") -> Iterator[Listed]:
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for one in page.get("Contents") or ():
                    yield Listed(one["Key"], one["Size"], one["ETag"])
        except Exception as e:
            raise Missing(f"The bucket {bucket} cannot be listed: {e}") from None

    def tag(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        kept = [{"Key": k, "Value": v} for k, v in {**self.tags(bucket, key), **tags}.items()]
        try:
            self._client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": kept})
        except Exception as e:
            raise Missing(f"The object {key} of the bucket {bucket} cannot be tagged: {e}") from None

    def tags(self, bucket: str, key: str) -> dict[str, str]:
        try:
            found = self._client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
        except Exception as e:
            raise Missing(f"The object {key} of the bucket {bucket} cannot be read: {e}") from None
        return {one["Key"]: one["Value"] for one in found}


class Several:
    """The first of several that has a bucket."""

    def __init__(self, *places: Objects) -> None:
        self._places = places

    def _of(self, bucket: str) -> Objects:
        for place in self._places:
            if place.has(bucket):
                return place
        raise Missing(f"The bucket {bucket} is not there")

    def has(self, bucket: str) -> bool:
        return any(place.has(bucket) for place in self._places)

    def local(self, bucket: str) -> bool:
        return self._of(bucket).local(bucket)

    def read(self, bucket: str, key: str, most: int) -> bytes:
        return self._of(bucket).read(bucket, key, most)

    def write(self, bucket: str, key: str, data: bytes, kms_key: str | None = None) -> None:
        self._of(bucket).write(bucket, key, data, kms_key)

    def listing(self, bucket: str, prefix: str = "") -> Iterator[Listed]:
        return self._of(bucket).listing(bucket, prefix)

    def tag(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        self._of(bucket).tag(bucket, key, tags)

    def tags(self, bucket: str, key: str) -> dict[str, str]:
        return self._of(bucket).tags(bucket, key)
