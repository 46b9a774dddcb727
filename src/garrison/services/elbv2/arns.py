"""ARNs of Elastic Load Balancing, and what they say of each other.

Source: service authorization reference, "Resource types defined by AWS Elastic Load Balancing V2".
"""

from __future__ import annotations

import re
import secrets

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.elbv2.errors import validation

_FORMS = {
    "load balancer": re.compile(r"arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:loadbalancer/(app|net|gwy)/[^/]+/\w+"),
    "listener": re.compile(r"arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:listener/(app|net|gwy)/[^/]+/\w+/\w+"),
    "listener rule": re.compile(
        r"arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:listener-rule/(app|net)/[^/]+/\w+/\w+/\w+"
    ),
    "target group": re.compile(r"arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:targetgroup/[^/]+/\w+"),
}


def unique() -> str:
    """The sixteen hexadecimal digits that end an ARN."""
    return secrets.token_hex(8)


def own(call: Call, resource: str) -> str:
    """The ARN of a resource of the calling account in the call's region."""
    return f"arn:{call.partition}:elasticloadbalancing:{call.region}:{call.account}:{resource}"


def check_form(arn: str, what: str) -> str:
    """The ARN, if it is one of a `load balancer`, `listener`, `listener rule` or `target group`."""
    if _FORMS[what].fullmatch(arn) is None:
        raise malformed(arn, what)
    return arn


def malformed(arn: str, what: str) -> AwsError:
    return validation(f"'{arn}' is not a valid {what} ARN")


def load_balancer_of(arn: str) -> str:
    """The load balancer that a listener or rule belongs to."""
    head, _, resource = arn.rpartition(":")
    parts = resource.split("/")
    return f"{head}:loadbalancer/{'/'.join(parts[1:4])}"


def listener_of(arn: str) -> str:
    """The listener that a rule belongs to."""
    head, _, resource = arn.rpartition(":")
    return f"{head}:listener/{'/'.join(resource.split('/')[1:5])}"


def below(arn: str, noun: str) -> str:
    """A new ARN under a load balancer (`listener`) or listener (`listener-rule`)."""
    head, _, resource = arn.rpartition(":")
    return f"{head}:{noun}/{resource.partition('/')[2]}/{unique()}"
