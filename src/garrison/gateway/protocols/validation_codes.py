"""Under which code a service reports broken constraints."""

from __future__ import annotations

from garrison.aws import models
from garrison.aws.service_index import index

_OWN_CODES = {
    # Source: the services' API references ("Errors" of their operations) and answers in public bug reports. KMS and
    # DynamoDB answer ValidationException without modelling it, which is the default below.
    "cloudfront": "InvalidArgument",
    "cognito-identity": "InvalidParameterException",
    "cognito-idp": "InvalidParameterException",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidParameterException",
    "guardduty": "BadRequestException",
    "logs": "InvalidParameterException",
    "organizations": "InvalidInputException",
    "route53": "InvalidInput",
    "s3": "InvalidArgument",
    "s3control": "InvalidArgument",
    "sns": "InvalidParameter",
}


def validation_code(service: str) -> str:
    """`ValidationError` for query services; for others the modelled or customary code."""
    own = _OWN_CODES.get(service)
    if own is not None:
        return own
    if index().services[service].protocols[0] == "query":
        return "ValidationError"
    if service != "kms" and "ValidationException" not in models.errors(service):
        # Some services model only one error for bad input; the default is a guess where none is documented.
        for code in ("InvalidRequestException", "BadRequestException", "InvalidParameterException"):
            if code in models.errors(service) and index().services[service].protocols[0].startswith("rest"):
                return code
    return "ValidationException"
