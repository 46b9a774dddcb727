"""What upstreams say of their resources: one file per service, found by the service in a resource's ARN."""

from __future__ import annotations

from garrison.gateway.upstream.resources import (
    dynamodb,
    ec2,
    lambda_,
    other,
    s3,
    secretsmanager,
    sns,
    sqs,
)
from garrison.gateway.upstream.resources.aspects import Aspects

ASPECTS: dict[str, Aspects] = {
    "dynamodb": dynamodb.ASPECTS,
    "ec2": ec2.ASPECTS,
    "lambda": lambda_.ASPECTS,
    "s3": s3.ASPECTS,
    "secretsmanager": secretsmanager.ASPECTS,
    "sns": sns.ASPECTS,
    "sqs": sqs.ASPECTS,
}

OTHERS = other.ASPECTS
"""Of services without a file of their own."""
