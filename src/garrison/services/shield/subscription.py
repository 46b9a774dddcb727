"""The subscription: begin, look, change its renewal, end.

Source: API reference of each operation; the year's commitment and its last thirty days are recalled from it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.shield import limits
from garrison.services.shield.errors import already, locked, no_subscription
from garrison.services.shield.resources import NAME, SUBSCRIPTION, Subscription
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def load(call: Call, reader: Reader) -> Resource[Subscription]:
    """The account's subscription. Raises `ResourceNotFoundException`."""
    row = reader.get(SUBSCRIPTION, call.account, NAME)
    if row is None:
        raise no_subscription()
    return row


def term_end(started: float, now: float) -> float:
    """When the running term ends: terms follow each other while they renew."""
    return started + limits.TERM * (1 + max(0, int((now - started) // limits.TERM)))


@operation("shield", "CreateSubscription", access="write")
def create_subscription(call: Call, tx: Transaction) -> dict[str, Any]:
    try:
        tx.insert(
            SUBSCRIPTION, call.account, NAME, Subscription(started=call.now),
            id=f"{call.account}/{NAME}", created=call.now,
        )  # fmt: skip
    except AlreadyExists:
        raise already("The subscription already exists.", "SUBSCRIPTION") from None
    return {}


@operation("shield", "DescribeSubscription", access="read")
def describe_subscription(call: Call, reader: Reader) -> dict[str, Any]:
    body = load(call, reader).body
    engagement = {} if body.engagement is None else {"ProactiveEngagementStatus": body.engagement}
    return {
        "Subscription": {
            "StartTime": body.started,
            "EndTime": term_end(body.started, call.now),
            "TimeCommitmentInSeconds": limits.TERM,
            "AutoRenew": body.auto_renew,
            **engagement,
            "Limits": [],
            "SubscriptionLimits": {
                "ProtectionLimits": {
                    "ProtectedResourceTypeLimits": [
                        {"Type": kind, "Max": limits.PROTECTIONS}
                        for kind in (
                            "ELASTIC_IP_ALLOCATION",
                            "CLASSIC_LOAD_BALANCER",
                            "APPLICATION_LOAD_BALANCER",
                            "CLOUDFRONT_DISTRIBUTION",
                            "ROUTE_53_HOSTED_ZONE",
                            "GLOBAL_ACCELERATOR",
                        )
                    ]
                },
                "ProtectionGroupLimits": {
                    "MaxProtectionGroups": limits.GROUPS,
                    "PatternTypeLimits": {"ArbitraryPatternLimits": {"MaxMembers": limits.MEMBERS}},
                },
            },
            "SubscriptionArn": f"arn:{call.partition}:shield::{call.account}:subscription",
        }
    }


@operation("shield", "UpdateSubscription", access="write")
def update_subscription(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    wanted = call.params.get("AutoRenew", row.body.auto_renew)
    if wanted != row.body.auto_renew:
        if term_end(row.body.started, call.now) - call.now > limits.RENEWAL:
            raise locked("AutoRenew can be changed only in the last 30 days of the subscription's term.")
        tx.update(row, msgspec.structs.replace(row.body, auto_renew=wanted), updated=call.now)
    return {}


@operation("shield", "DeleteSubscription", access="write")
def delete_subscription(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    if call.now < row.body.started + limits.TERM:
        raise locked("The subscription cannot be deleted before its 1-year commitment has ended.")
    tx.delete(row)
    return {}


@operation("shield", "GetSubscriptionState", access="read")
def get_subscription_state(call: Call, reader: Reader) -> dict[str, Any]:
    there = reader.get(SUBSCRIPTION, call.account, NAME) is not None
    return {"SubscriptionState": "ACTIVE" if there else "INACTIVE"}
