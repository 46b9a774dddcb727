"""Calls as the gateway hands them to the trail."""

from __future__ import annotations

from typing import Any, cast

from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller, Session
from garrison.access.runtime import Runtime
from garrison.policy.principal import Principal, User

ACCOUNT = "111122223333"
OTHER = "444455556666"
NOON = 1_700_000_000.25  # 2023-11-14T22:13:20Z
ANA = User(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/dev/ana", "AIDAEXAMPLEEXAMPLEANA")


def call(
    service: str = "iam",
    operation: str = "GetUser",
    params: dict[str, Any] | None = None,
    *,
    principal: Principal = ANA,
    key: str | None = "AKIAIOSFODNN7EXAMPLE",
    session: Session | None = None,
    account: str = ACCOUNT,
    region: str = "us-east-1",
    partition: str = "aws",
    now: float = NOON,
    request_id: str = "11111111-2222-4333-8444-555555555555",
    user_agent: str = "aws-cli/1.46 md/Botocore",
    secure: bool = False,
    shared_with: tuple[str, ...] = (),
    runtime: Runtime | None = None,
) -> Call:
    headers = (("host", "iam.amazonaws.com"), ("user-agent", user_agent))
    return Call(
        service=service,
        operation=operation,
        params={} if params is None else params,
        caller=Caller(principal, key, session),
        account=account,
        region=region,
        partition=partition,
        request=HttpRequest("POST", "/", "", headers, b"", "192.0.2.7", secure),
        request_id=request_id,
        now=now,
        # The trail asks nothing of the runtime.
        runtime=cast("Runtime", runtime),
        shared_with=shared_with,
    )
