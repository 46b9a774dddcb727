"""IAM's resources that the Resource Groups Tagging API finds: those of us-east-1, and no users and roles.

Source: Resource Groups Tagging API reference, "Services that support the Resource Groups Tagging API".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.access.tagged import Tagged, provide_tagged
from garrison.aws.partitions import global_region
from garrison.services.iam.credentials import SERVER_CERTIFICATE
from garrison.services.iam.resources import INSTANCE_PROFILE, MFA_DEVICE, OIDC_PROVIDER, POLICY, SAML_PROVIDER
from garrison.store import Kind, Reader

_KINDS: tuple[tuple[Kind[Any], str], ...] = (
    (INSTANCE_PROFILE, "instance-profile"),
    (MFA_DEVICE, "mfa"),
    (OIDC_PROVIDER, "oidc-provider"),
    (POLICY, "policy"),
    (SAML_PROVIDER, "saml-provider"),
    (SERVER_CERTIFICATE, "server-certificate"),
)


def iam_tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    """Everything of IAM with tags but users, roles and groups."""
    if region != global_region(partition, "iam"):
        return
    for kind, noun in _KINDS:
        for row in reader.page(kind, account, parent=None):
            path = getattr(row.body, "path", "/")
            arn = f"arn:{partition}:iam::{account}:{noun}{path}{row.name}"
            yield Tagged(arn, f"iam:{noun}", row.body.tags)


provide_tagged("iam", iam_tagged)
