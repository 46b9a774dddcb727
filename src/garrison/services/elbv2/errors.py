"""The errors of Elastic Load Balancing whose texts several operations share.

Texts come from public reports of the service's answers; where none was found, from the API reference's descriptions.
"""

from __future__ import annotations

from garrison.aws.errors import AwsError


def error(code: str, text: str) -> AwsError:
    return AwsError(code, text, status=400)


def validation(text: str) -> AwsError:
    """`ValidationError`, which this service answers where no modelled error fits."""
    return AwsError("ValidationError", text, status=400)


def not_found(what: str) -> AwsError:
    """`not_found("TargetGroup")`: one or more of them."""
    words = {
        "LoadBalancer": "load balancers",
        "TargetGroup": "target groups",
        "Listener": "listeners",
        "Rule": "rules",
    }
    return error(f"{what}NotFound", f"One or more {words[what]} not found")


def certificate_not_found(arn: str) -> AwsError:
    return error("CertificateNotFound", f"Certificate '{arn}' not found")


def in_use(arn: str) -> AwsError:
    return error("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
