"""Security policies of HTTPS listeners: which versions of TLS they take.

Source: Application Load Balancers guide, "Security policies". The edge holds clients to the oldest version of a policy;
among ciphers it takes its own choice of those with forward secrecy (see docs), so the ciphers listed are those
AWS documents for TLS 1.3 and for TLS 1.2 with forward secrecy.
"""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.elbv2.errors import error
from garrison.services.elbv2.paging import page
from garrison.services.operation import operation
from garrison.store import Reader

DEFAULT = "ELBSecurityPolicy-2016-08"

_13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
_FS_GCM = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)
_FS_CBC2 = (
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
)
_FS_CBC = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-ECDSA-AES256-SHA")
_RSA2 = ("AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256")
_RSA = ("AES128-SHA", "AES256-SHA")

_ALL = ("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1")
_POLICIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ELBSecurityPolicy-2016-08": (_ALL[1:], _FS_GCM + _FS_CBC2 + _FS_CBC + _RSA2 + _RSA),
    "ELBSecurityPolicy-TLS-1-1-2017-01": (_ALL[1:3], _FS_GCM + _FS_CBC2 + _FS_CBC + _RSA2 + _RSA),
    "ELBSecurityPolicy-TLS-1-2-2017-01": (_ALL[1:2], _FS_GCM + _FS_CBC2 + _RSA2),
    "ELBSecurityPolicy-TLS-1-2-Ext-2018-06": (_ALL[1:2], _FS_GCM + _FS_CBC2 + _FS_CBC + _RSA2 + _RSA),
    "ELBSecurityPolicy-FS-2018-06": (_ALL[1:], _FS_GCM + _FS_CBC2 + _FS_CBC),
    "ELBSecurityPolicy-FS-1-1-2019-08": (_ALL[1:3], _FS_GCM + _FS_CBC2 + _FS_CBC),
    "ELBSecurityPolicy-FS-1-2-2019-08": (_ALL[1:2], _FS_GCM + _FS_CBC2 + _FS_CBC),
    "ELBSecurityPolicy-FS-1-2-Res-2019-08": (_ALL[1:2], _FS_GCM + _FS_CBC2),
    "ELBSecurityPolicy-FS-1-2-Res-2020-10": (_ALL[1:2], _FS_GCM),
    "ELBSecurityPolicy-TLS13-1-0-2021-06": (_ALL, _13 + _FS_GCM + _FS_CBC2 + _FS_CBC + _RSA2 + _RSA),
    "ELBSecurityPolicy-TLS13-1-1-2021-06": (_ALL[:3], _13 + _FS_GCM + _FS_CBC2 + _FS_CBC + _RSA2 + _RSA),
    "ELBSecurityPolicy-TLS13-1-2-2021-06": (_ALL[:2], _13 + _FS_GCM + _FS_CBC2),
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06": (_ALL[:2], _13 + _FS_GCM),
    "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06": (_ALL[:2], _13 + _FS_GCM + _FS_CBC2 + _RSA2),
    "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06": (_ALL[:2], _13 + _FS_GCM + _FS_CBC2 + _FS_CBC + _RSA2 + _RSA),
    "ELBSecurityPolicy-TLS13-1-3-2021-06": (_ALL[:1], _13),
}


def check(name: str) -> None:
    """Raises `SSLPolicyNotFound`."""
    if name not in _POLICIES:
        raise error("SSLPolicyNotFound", f"SSL policy '{name}' not found")


def oldest(name: str | None) -> str:
    """The oldest version of TLS a policy takes: `1.2`."""
    protocols = _POLICIES.get(name or DEFAULT, (_ALL[1:2], ()))[0]
    version = protocols[-1].removeprefix("TLSv")
    return version if "." in version else version + ".0"


@operation("elbv2", "DescribeSSLPolicies", access="read")
def describe_ssl_policies(call: Call, reader: Reader) -> dict[str, Any]:
    names = call.params.get("Names") or list(_POLICIES)
    for name in names:
        check(name)
    shown, rest = page(call, names, key=lambda name: name)
    return {
        "SslPolicies": [
            {
                "Name": name,
                "SslProtocols": list(_POLICIES[name][0]),
                "Ciphers": [{"Name": c, "Priority": n} for n, c in enumerate(_POLICIES[name][1], 1)],
                "SupportedLoadBalancerTypes": ["application", "network"],
            }
            for name in shown
        ],
        **rest,
    }
