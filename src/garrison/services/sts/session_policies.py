"""Session policies and session tags as they are passed, and how much room they take."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from garrison.access.principals import principals
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError, validation_error
from garrison.policy.validate import validate_session
from garrison.store import Reader

LARGEST_PLAINTEXT = 2048
"""Characters of an inline session policy (STS API reference, AssumeRole, Policy)."""
MOST_ARNS = 10
PACKED_ROOM = 1500
"""Bytes that policies and tags may pack to. AWS publishes neither its packing nor its limit: a guess, chosen so that
policies near the plaintext limit mostly fit."""


def check_policies(reader: Reader, account: str, policy: str | None, arns: list[str]) -> None:
    """Raise `AwsError` for session policies that cannot be passed to a session in `account`."""
    if policy is not None:
        if len(policy) > LARGEST_PLAINTEXT:
            raise validation_error(
                f"Value '{policy}' at 'policy' failed to satisfy constraint: "
                f"Member must have length less than or equal to {LARGEST_PLAINTEXT}"
            )
        validate_session(policy)
    if len(arns) > MOST_ARNS:
        raise validation_error(
            f"Value '[{', '.join(arns)}]' at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_ARNS}"
        )
    for text in arns:
        arn = Arn.parse(text)
        if arn is None or arn.service != "iam" or not arn.resource.startswith("policy/"):
            raise AwsError("ValidationError", f"ARN {text} is not valid.", status=400)
        if arn.account not in (account, "aws") or principals().managed(reader, text) is None:
            raise AwsError("ValidationError", f"Policy {text} does not exist or is not attachable.", status=400)


def packed_percent(policy: str | None, arns: list[str], tags: Mapping[str, str]) -> int | None:
    """PackedPolicySize; None when nothing was passed. Raises `AwsError` PackedPolicyTooLarge beyond 100 percent."""
    if policy is None and not arns and not tags:
        return None
    parts: list[Any] = [arns, dict(tags)]
    if policy is not None:
        parts.append(json.loads(policy))
    packed = len(zlib.compress(json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode(), 9))
    percent = -(-packed * 100 // PACKED_ROOM)
    if percent > 100:
        raise AwsError(
            "PackedPolicyTooLarge",
            f"Packed policy consumes {percent}% of allotted space, please use smaller policy.",
            status=400,
        )
    return percent
