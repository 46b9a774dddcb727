"""What is usual in an account, a cluster and a database, for examples of what is not."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.detect.baseline.memory import DAY
from garrison.detect.events import ApiCall, DatabaseLogin, KubernetesCall
from tests.detect.making import ACCOUNT, NOW, api, kube, login

ELSEWHERE = "203.0.113.66"
STRANGE = "Probe-kit/2.1"
"""A program nobody uses."""


def by(call: ApiCall, name: str) -> ApiCall:
    """The call by another user."""
    return msgspec.structs.replace(
        call, principal=f"arn:aws:iam::{call.account}:user/{name}", principal_id=f"AID{name}", user_name=name
    )


def week(account: str = ACCOUNT, days: int = 8) -> tuple[ApiCall, ...]:
    """Three people at their usual work, from one network."""
    return tuple(
        by(api(source, name, {}, time=NOW - days * DAY + n * 3600 * 4, account=account, read_only=True), who)
        for n in range(days * 6)
        for source, name in (("ec2", "DescribeInstances"), ("iam", "ListUsers"), ("sts", "GetCallerIdentity"))
        for who in ("morgan", "alexis", "robin")
    )


def reads(days: int = 8) -> tuple[ApiCall, ...]:
    """Two people read one bucket, every hour."""
    one = {"bucketName": "invoices", "key": "a"}
    return tuple(
        by(
            api("s3", "GetObject", one, data=True, time=NOW - (days * 24 - h) * 3600),
            who,
        )
        for h in range(days * 24)
        for who in ("morgan", "alexis")
    )  # fmt: skip


def pod(image: str = "registry.example/web:1", container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """What is asked for when a pod is made."""
    return {"spec": {"containers": [{"name": "c", "image": image} | (container or {})], **spec}}


def deployed(days: int = 8) -> tuple[KubernetesCall, ...]:
    """Two people deploy the same, every day."""
    return tuple(
        kube("create", "pods", request=pod(), user=user, status=201, time=NOW - d * DAY)
        for d in range(days, 0, -1)
        for user in ("morgan", "alexis")
    )


def sign_ins(days: int = 14) -> tuple[DatabaseLogin, ...]:
    """A user of a database, every day."""
    return tuple(login(succeeded=True, time=NOW - d * DAY) for d in range(days, 0, -1))
