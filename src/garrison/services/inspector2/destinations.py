"""Where reports go: a directory that stands for the bucket, named as the bucket is.

As at AWS the bucket has to be there, and the KMS key must let Inspector use it. What is written is readable for the
server's user alone; it is not encrypted under the key, as S3 would do and undo for who reads it.

Source: Inspector user guide, "Exporting Amazon Inspector findings reports": the statements of the key policy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from garrison.access.call import Call
from garrison.access.resources import facts
from garrison.access.runtime import Runtime
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check
from garrison.policy.evaluate import evaluate
from garrison.policy.principal import Service
from garrison.policy.request import Request, Stack
from garrison.services.inspector2.administration import SERVICE
from garrison.services.inspector2.errors import invalid
from garrison.store import Reader
from garrison.store.files import write_private

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class Undeliverable(Exception):
    """Why a report cannot be delivered: an error code of the API, and words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def check(call: Call, reader: Reader, destination: Mapping[str, Any]) -> None:
    """Raises `ValidationException` for what is no destination, `Undeliverable` for one that does not take it."""
    if not _BUCKET.fullmatch(destination["bucketName"]) or ".." in destination["bucketName"]:
        raise invalid("The bucket name is not valid.", "s3Destination")
    if not _harmless(destination.get("keyPrefix", "")):
        raise invalid("The key prefix must be a path without . and .. in it.", "s3Destination")
    directory(call.runtime, destination)
    if destination.get("expectedBucketOwner", call.account) != call.account:
        raise Undeliverable("INVALID_PERMISSIONS", "The bucket has another owner.")
    usable(call, reader, destination["kmsKeyArn"])


def usable(call: Call, reader: Reader, key: str) -> None:
    """Raises `Undeliverable` unless the key is there, in this region, and its policy lets Inspector use it."""
    arn = Arn.parse(key)
    if arn is None or arn.service != "kms" or not arn.resource.startswith("key/") or arn.region != call.region:
        raise Undeliverable("MALFORMED_KMS_KEY", "The KMS key ARN is not that of a key in this region.")
    try:
        found = facts(reader, call, Check("kms:GenerateDataKey", key))
    except AwsError:
        found = None
    if found is None or not found.exists or found.refusal is not None or found.policy is None:
        raise Undeliverable("MALFORMED_KMS_KEY", "The KMS key does not exist.")
    context = {
        "aws:sourceaccount": call.account,
        "aws:sourcearn": f"arn:{call.partition}:inspector2:{call.region}:{call.account}:report/*",
    }
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        question = Request(Service(SERVICE), action, key, found.account, context)
        if not evaluate(question, Stack(resource=found.policy)).allowed:
            raise Undeliverable("INVALID_PERMISSIONS", f"The key policy does not let {SERVICE} call {action}.")


def directory(runtime: Runtime, destination: Mapping[str, Any]) -> Path:
    """The directory that stands for the bucket. Raises `Undeliverable`."""
    name: str = destination["bucketName"]
    if runtime.buckets is None or not (runtime.buckets / name).is_dir():
        where = "" if runtime.buckets is None else f": make the directory {runtime.buckets / name}"
        raise Undeliverable("BUCKET_NOT_FOUND", f"There is no bucket {name}{where}")
    return runtime.buckets / name


def deliver(runtime: Runtime, destination: Mapping[str, Any], key: str, content: bytes) -> None:
    """Write one object. Raises `Undeliverable`."""
    bucket = directory(runtime, destination).resolve()
    path = (bucket / destination.get("keyPrefix", "").strip("/") / key).resolve()
    if not path.is_relative_to(bucket):
        raise Undeliverable("INVALID_PERMISSIONS", "The key leads out of the bucket.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, content)
    except OSError as e:
        raise Undeliverable("INVALID_PERMISSIONS", f"The bucket cannot be written: {e.strerror or e}") from None


def _harmless(prefix: str) -> bool:
    return len(prefix) <= 512 and all(
        part not in (".", "..") and part.isprintable() and "\\" not in part for part in prefix.split("/")
    )
