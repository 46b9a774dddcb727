"""What AWS asks of the ARNs in `Resource` and `NotResource`. Source: recorded answers of IAM."""

from __future__ import annotations

from garrison.policy.saving.refusal import Refusal

PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"})

_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)


def check_resource(resource: str) -> None:
    """Raise `Refusal` for a resource AWS does not take."""
    if resource == "*":
        return
    parts = resource.split(":", 5)
    if parts[0] != "arn" or len(parts) < 3:
        raise Refusal(f'Resource {resource} must be in ARN format or "*".')
    parts += ["*"] * (6 - len(parts))
    _, partition, vendor, region, _, path = parts
    if partition not in PARTITIONS:
        raise Refusal(f'Partition "{partition}" is not valid for resource "{resource}".')
    if not vendor or "*" in vendor or "?" in vendor:
        raise Refusal("Resource vendor must be fully qualified and cannot contain regexes.")
    if vendor == "iam":
        if region not in ("", "*"):
            raise Refusal(f"IAM resource {resource} cannot contain region information.")
        # Root users are what sts:AssumeRoot is about (service authorization reference of AWS STS, "Resource types").
        if path not in ("*", "root") and not path.startswith(_IAM_PATHS):
            raise Refusal('IAM resource path must either be "*" or start with ' + ", ".join(_IAM_PATHS) + ".")
    elif vendor == "s3" and region not in ("", "*"):
        raise Refusal(f"Resource {resource} can not contain region information.")
