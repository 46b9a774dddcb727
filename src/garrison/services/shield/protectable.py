"""Which resources can be protected, and of what type an ARN is.

Source: developer guide, "Protected resources"; API reference, CreateProtection, for the form of each ARN.
"""

from __future__ import annotations

import re

from garrison.access import protected
from garrison.services.shield.errors import invalid_resource, not_found
from garrison.store import Reader

APPLICATION_LOAD_BALANCER = "APPLICATION_LOAD_BALANCER"
CLOUDFRONT_DISTRIBUTION = "CLOUDFRONT_DISTRIBUTION"

_ACCOUNT = r"(?P<account>\d{12})"
_FORMS = {
    CLOUDFRONT_DISTRIBUTION: rf"arn:aws[a-z-]*:cloudfront::{_ACCOUNT}:distribution/[A-Z0-9]+",
    "ROUTE_53_HOSTED_ZONE": r"arn:aws[a-z-]*:route53:::hostedzone/[A-Z0-9]+",
    "ELASTIC_IP_ALLOCATION": rf"arn:aws[a-z-]*:ec2:[a-z0-9-]+:{_ACCOUNT}:eip-allocation/eipalloc-[0-9a-f]+",
    APPLICATION_LOAD_BALANCER: (
        rf"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:{_ACCOUNT}:loadbalancer/app/[^/]+/[0-9a-f]+"
    ),
    "CLASSIC_LOAD_BALANCER": rf"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:{_ACCOUNT}:loadbalancer/[^/]+",
    "GLOBAL_ACCELERATOR": rf"arn:aws[a-z-]*:globalaccelerator::{_ACCOUNT}:accelerator/[0-9a-f-]+",
}
_COMPILED = {kind: re.compile(form) for kind, form in _FORMS.items()}


def type_of(arn: str) -> str | None:
    """The type of an ARN as `ProtectedResourceType` names it, None for what Shield does not protect."""
    return next((kind for kind, form in _COMPILED.items() if form.fullmatch(arn)), None)


def check(reader: Reader, account: str, arn: str) -> str:
    """The type of a resource of the account's own.

    Raises `InvalidResourceException` for another kind of thing and another's, `ResourceNotFoundException` for a load
    balancer or distribution that is not there. The other types are not Garrison's: they are recorded as they are named.
    """
    kind = type_of(arn)
    match = None if kind is None else _COMPILED[kind].fullmatch(arn)
    if kind is None or match is None or match.groupdict().get("account", account) != account:
        raise invalid_resource()
    if protected.exists(reader, account, arn) is False:
        raise not_found("The referenced resource does not exist.", kind)
    return kind
