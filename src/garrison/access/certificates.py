"""Certificates for TLS listeners, by ARN: services that keep them register here.

An ARN of AWS Certificate Manager is taken while nothing here keeps such certificates: what it stands for cannot be got
out of AWS anyway, so listeners show one that this Garrison's development CA made for their names.
"""

from __future__ import annotations

import re
from typing import Protocol

from garrison.access.runtime import Runtime
from garrison.access.sites import Certificate
from garrison.aws.arn import Arn
from garrison.store import Reader

_ACM = re.compile(r"certificate/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class CertificateProvider(Protocol):
    """One service's certificates."""

    def __call__(self, reader: Reader, runtime: Runtime, arn: Arn) -> Certificate | None:
        """The certificate of an ARN with its key, None if it is not there."""
        ...


_providers: dict[str, CertificateProvider] = {}


def provide_certificates(arn_service: str, provider: CertificateProvider) -> None:
    """Register the provider for ARNs of one service (`iam`)."""
    _providers[arn_service] = provider


def find(
    reader: Reader, runtime: Runtime, account: str, region: str, arn: str, *, names: tuple[str, ...]
) -> Certificate | None:
    """The certificate that a resource of an account may use; `names` are the resource's own. None if there is none."""
    parsed = Arn.parse(arn)
    if parsed is None or parsed.account != account:
        return None
    provider = _providers.get(parsed.service)
    if provider is not None:
        return provider(reader, runtime, parsed)
    if parsed.service == "acm" and parsed.region == region and _ACM.fullmatch(parsed.resource):
        return Certificate(names)
    return None
