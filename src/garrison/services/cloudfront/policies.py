"""AWS's managed cache and origin request policies: what of a request reaches the origin.

Source: CloudFront developer guide, "Use managed cache policies" and "Use managed origin request policies". Nothing is
cached here; a cache policy's keys matter because what is in the key is sent to the origin.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.cloudfront.errors import error
from garrison.services.operation import operation
from garrison.store import Reader


class Sent(msgspec.Struct, frozen=True):
    """What is sent to the origin. None: all there are."""

    query: tuple[str, ...] | None = ()
    cookies: tuple[str, ...] | None = ()
    headers: tuple[str, ...] | None = ()
    """Lower-case names, beyond those always sent."""


class CachePolicy(msgspec.Struct, frozen=True):
    """A managed cache policy."""

    name: str
    comment: str
    ttl: tuple[int, int, int]
    """Minimum, default, maximum, in seconds."""
    sent: Sent = Sent()
    gzip: bool = False
    brotli: bool = False


CACHE: dict[str, CachePolicy] = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": CachePolicy(
        "Managed-CachingOptimized",
        "Policy with caching enabled. Supports Gzip and Brotli compression.",
        (1, 86400, 31536000),
        gzip=True,
        brotli=True,
    ),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": CachePolicy(
        "Managed-CachingOptimizedForUncompressedObjects",
        "Default policy when compression is disabled",
        (1, 86400, 31536000),
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CachePolicy(
        "Managed-CachingDisabled", "Policy with caching disabled", (0, 0, 0)
    ),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": CachePolicy(
        "Managed-UseOriginCacheControlHeaders",
        "Policy for origins that return Cache-Control headers",
        (0, 0, 31536000),
        Sent((), None, ("host", "origin", "x-http-method-override", "x-http-method", "x-method-override")),
        gzip=True,
        brotli=True,
    ),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": CachePolicy(
        "Managed-UseOriginCacheControlHeaders-QueryStrings",
        "Policy for origins that return Cache-Control headers and serve different content by query string",
        (0, 0, 31536000),
        Sent(None, None, ("host", "origin", "x-http-method-override", "x-http-method", "x-method-override")),
        gzip=True,
        brotli=True,
    ),
}
_ORIGIN_REQUEST: dict[str, tuple[str, Sent]] = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": ("Managed-AllViewer", Sent(None, None, None)),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": ("Managed-AllViewerExceptHostHeader", Sent(None, None, None)),
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": (
        "Managed-AllViewerAndCloudFrontHeaders-2022-06",
        Sent(None, None, None),
    ),
    "59781a5b-3903-41f3-afcb-af62929ccde1": ("Managed-CORS-CustomOrigin", Sent((), (), ("origin",))),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": (
        "Managed-UserAgentRefererHeaders",
        Sent((), (), ("user-agent", "referer")),
    ),
}
_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def check(behaviour: dict[str, Any]) -> None:
    """Raises what CloudFront does for policies that are not there."""
    cache, request = behaviour.get("CachePolicyId"), behaviour.get("OriginRequestPolicyId")
    if cache and cache not in CACHE:
        raise error("NoSuchCachePolicy", "The cache policy does not exist.")
    if request and request not in _ORIGIN_REQUEST:
        raise error("NoSuchOriginRequestPolicy", "The origin request policy does not exist.")


def sent(behaviour: dict[str, Any]) -> tuple[Sent, bool]:
    """What a cache behaviour sends to its origin, and whether that includes the viewer's Host."""
    if behaviour.get("CachePolicyId"):
        policy = CACHE[behaviour["CachePolicyId"]].sent
        request = behaviour.get("OriginRequestPolicyId")
        if not request:
            return policy, "host" in (policy.headers or ())
        more = _ORIGIN_REQUEST[request][1]
        both = Sent(
            _either(policy.query, more.query),
            _either(policy.cookies, more.cookies),
            _either(policy.headers, more.headers),
        )
        everything = both.headers is None or "host" in both.headers
        return both, everything and request != _EXCEPT_HOST
    values = behaviour["ForwardedValues"]
    query = None if values["QueryString"] else ()
    cookies = values["Cookies"]
    names = {
        "all": None,
        "none": (),
        "whitelist": tuple((cookies.get("WhitelistedNames") or {}).get("Items") or ()),
    }[cookies["Forward"]]
    headers = tuple([name.lower() for name in (values.get("Headers") or {}).get("Items") or ()])
    return Sent(query, names, None if "*" in headers else headers), "*" in headers or "host" in headers


def _either(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if one is None or other is None else tuple(dict.fromkeys(one + other))


def _names(given: tuple[str, ...] | None, kind: str, some: str) -> dict[str, Any]:
    if given is None:
        return {f"{kind}Behavior": "all"}
    if not given:
        return {f"{kind}Behavior": "none"}
    return {f"{kind}Behavior": "whitelist", some: {"Quantity": len(given), "Items": list(given)}}


def _shown(id: str, policy: CachePolicy) -> dict[str, Any]:
    low, default, high = policy.ttl
    return {
        "Id": id,
        "LastModifiedTime": 1594080000.0,
        "CachePolicyConfig": {
            "Comment": policy.comment,
            "Name": policy.name,
            "MinTTL": low,
            "DefaultTTL": default,
            "MaxTTL": high,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": policy.gzip,
                "EnableAcceptEncodingBrotli": policy.brotli,
                "HeadersConfig": _names(policy.sent.headers, "Header", "Headers"),
                "CookiesConfig": _names(policy.sent.cookies, "Cookie", "Cookies"),
                "QueryStringsConfig": _names(policy.sent.query, "QueryString", "QueryStrings"),
            },
        },
    }


@operation("cloudfront", "GetCachePolicy", access="read")
def get_cache_policy(call: Call, reader: Reader) -> dict[str, Any]:
    id = call.params["Id"]
    if id not in CACHE:
        raise error("NoSuchCachePolicy", "The cache policy does not exist.")
    return {"CachePolicy": _shown(id, CACHE[id]), "ETag": "E23ZP02F085DFQ"}


@operation("cloudfront", "ListCachePolicies", access="read")
def list_cache_policies(call: Call, reader: Reader) -> dict[str, Any]:
    # Custom ones there are none.
    found = [] if call.params.get("Type") == "custom" else list(CACHE.items())
    items = [{"Type": "managed", "CachePolicy": _shown(id, policy)} for id, policy in found]
    return {"CachePolicyList": {"MaxItems": 100, "Quantity": len(items), "Items": items}}
