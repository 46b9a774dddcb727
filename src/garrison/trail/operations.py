"""What the trail must know of an operation: its source, whether it only reads, how its elements are printed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from garrison.aws import models
from garrison.aws.service_index import index
from garrison.trail import s3
from garrison.trail.elements import Printer, printer

GLOBAL_SERVICES = frozenset({"iam", "organizations", "cloudfront", "shield", "route53", "account", "support"})
"""Services whose events appear in one region of the partition only. Source: CloudTrail user guide, "Global service
events"; STS counts as global only at its global endpoint, whose requests name that region anyway."""

_GLOBAL_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

_READ_PREFIXES = (
    "BatchGet", "Check", "Decode", "Describe", "Get", "Head", "List", "Lookup", "Preview", "Query", "Scan", "Search",
    "Select", "Simulate", "Validate",
)  # fmt: skip

_READS = frozenset(
    {
        # STS issues credentials without changing anything: CloudTrail shows readOnly true for AssumeRole.
        *(("sts", name) for name in ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot")),
        ("signin", "CreateOAuth2Token"),
        *(
            ("kms", name)
            for name in (
                "Decrypt", "DeriveSharedSecret", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
                "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac",
                "GenerateRandom", "ReEncrypt", "Sign", "Verify", "VerifyMac",
            )
        ),
    }
)  # fmt: skip

_SHOWS_RESPONSE = frozenset(
    ("sts", name)
    for name in (
        "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetFederationToken",
        "GetSessionToken",
    )
)  # fmt: skip
"""Reads whose response is recorded all the same: the ids of the credentials they issue."""


def _client_id(params: dict[str, Any]) -> dict[str, Any]:
    asked = params.get("tokenInput")
    return {"client_id": asked["clientId"]} if isinstance(asked, dict) and "clientId" in asked else {}


_OWN_REQUEST: dict[tuple[str, str], Printer] = {("signin", "CreateOAuth2Token"): _client_id}
"""Requests printed as no model says. Source: AWS's announcement of `aws login` shows the one member of this one."""


class OperationFacts(msgspec.Struct, frozen=True, eq=False):
    """One operation as the trail sees it."""

    source: str
    """`iam.amazonaws.com`."""
    name: str
    """`eventName`."""
    data: bool
    """Whether it is a data event."""
    read_only: bool
    is_global: bool
    request: Printer | None
    response: Printer | None
    """None where the response is not recorded."""


@lru_cache(maxsize=8192)
def operation_facts(service: str, operation: str) -> OperationFacts:
    """Compiled once for each operation."""
    model = models.operation(service, operation)
    read_only = is_read_only(service, operation)
    shown = not read_only or (service, operation) in _SHOWS_RESPONSE
    if service == "s3":
        request = s3.writer(model)
    else:
        request = _OWN_REQUEST.get((service, operation)) or printer(service, model.input_shape)
    return OperationFacts(
        source=f"{index().services[service].signing_name}.amazonaws.com",
        name=s3.EVENT_NAMES.get(operation, operation) if service == "s3" else operation,
        data=service == "s3" and s3.is_data(model),
        read_only=read_only,
        is_global=service in GLOBAL_SERVICES,
        request=request,
        response=printer(service, model.output_shape) if shown else None,
    )


def is_read_only(service: str, operation: str) -> bool:
    """Whether CloudTrail calls the operation `readOnly`. By its name, and a list of those whose names mislead."""
    return operation.startswith(_READ_PREFIXES) or (service, operation) in _READS


def global_region(partition: str) -> str:
    """The region that events of global services carry."""
    return _GLOBAL_REGION.get(partition, "us-east-1")


@lru_cache(maxsize=4096)
def error_code(service: str, code: str) -> str:
    """The `errorCode` CloudTrail prints for the code a client sees (`NoSuchEntity` -> `NoSuchEntityException`)."""
    if code in ("AccessDenied", "AccessDeniedException"):
        return "AccessDenied"
    if service == "ec2":
        return f"Client.{code}"  # EC2 API reference, "Error codes": client errors carry this prefix in CloudTrail
    modelled = models.errors(service).get(code)
    if modelled is not None:
        return modelled.shape
    # A guess: no model lists ValidationError, and CloudTrail prints exceptions by their class.
    return "ValidationException" if code == "ValidationError" else code
