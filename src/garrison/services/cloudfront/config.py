"""`DistributionConfig`: checked, and with the defaults that CloudFront fills in.

Source: CloudFront API reference, `DistributionConfig` and what it is made of; developer guide, "Distribution settings
reference". What would have to do something that is not done here is refused; what only changes where or how fast the
real service works (price class, origin shield, compression, HTTP/3) is kept and shown.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from garrison.services.cloudfront import policies
from garrison.services.cloudfront.errors import error, invalid, not_built

Json = dict[str, Any]

ERRORS_FROM_ORIGINS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
_PRICES = ("PriceClass_100", "PriceClass_200", "PriceClass_All")
_HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*"
)
_METHODS = (
    {"GET", "HEAD"},
    {"GET", "HEAD", "OPTIONS"},
    {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"},
)
_OURS = {"LambdaFunctionAssociations": "Lambda functions", "FunctionAssociations": "CloudFront functions"}


def _counted(holder: Json | None) -> Json:
    """A list with its quantity. Raises `InconsistentQuantities`."""
    items = (holder or {}).get("Items") or []
    if (holder or {}).get("Quantity", len(items)) != len(items):
        raise error("InconsistentQuantities", "The value of Quantity and the size of Items don't match.")
    return {**(holder or {}), "Quantity": len(items), **({"Items": items} if items else {})}


def items(holder: Json | None) -> list[Any]:
    """What is in such a list."""
    found: list[Any] = (holder or {}).get("Items") or []
    return found


def checked(given: Json) -> Json:
    """The configuration as it is kept and shown. Raises CloudFront's own errors."""
    config = {name: value for name, value in given.items() if value is not None}
    _refuse(config)
    origins = _counted(config["Origins"])
    if not origins["Quantity"]:
        raise invalid("The parameter Origins is required.")
    origins["Items"] = [_origin(one) for one in origins["Items"]]
    names = [one["Id"] for one in origins["Items"]]
    if len(set(names)) < len(names):
        raise invalid("The parameter Origin Id must be unique.")
    default = _behaviour(config["DefaultCacheBehavior"], names)
    behaviours = _counted(config.get("CacheBehaviors"))
    if behaviours["Quantity"]:
        behaviours["Items"] = [_with_pattern(one, names) for one in behaviours["Items"]]
        patterns = [one["PathPattern"] for one in behaviours["Items"]]
        if len(set(patterns)) < len(patterns):
            raise invalid("The parameter PathPattern contains a value that is used more than once.")
    root = config.get("DefaultRootObject", "")
    if root.startswith("/") or len(root) > 255:
        raise error(
            "InvalidDefaultRootObject", "The default root object file name is too big or contains an invalid character."
        )
    aliases = _counted(config.get("Aliases"))
    certificate = _certificate(config.get("ViewerCertificate"), bool(aliases["Quantity"]))
    for alias in items(aliases):
        if not _HOST.fullmatch(alias.removeprefix("*.")) or "." not in alias:
            raise invalid(f"The parameter CNAME contains one or more parameters that are not valid: {alias}")
    price = config.get("PriceClass", "PriceClass_All")
    if price not in _PRICES:
        raise invalid("The parameter PriceClass contains a value that is not valid.")
    if len(config["Comment"]) > 128:
        raise invalid("The parameter Comment is too long.")
    return {
        **config,
        "Aliases": aliases,
        "DefaultRootObject": root,
        "Origins": origins,
        "OriginGroups": {"Quantity": 0},
        "DefaultCacheBehavior": default,
        "CacheBehaviors": behaviours,
        "CustomErrorResponses": _error_pages(config.get("CustomErrorResponses")),
        "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
        "PriceClass": price,
        "ViewerCertificate": certificate,
        "Restrictions": {"GeoRestriction": _geo((config.get("Restrictions") or {}).get("GeoRestriction"))},
        "WebACLId": config.get("WebACLId", ""),
        "HttpVersion": config.get("HttpVersion", "http2").lower(),
        "IsIPV6Enabled": config.get("IsIPV6Enabled", False),
        "ContinuousDeploymentPolicyId": "",
        "Staging": False,
    }


def _refuse(config: Json) -> None:
    """What is not built, one by one."""
    if (config.get("Logging") or {}).get("Enabled"):
        raise not_built("buckets that access logs could be written to")
    if items(config.get("OriginGroups")):
        raise not_built("origin groups")
    refused: dict[str, str] = {
        "ContinuousDeploymentPolicyId": "continuous deployment",
        "Staging": "staging distributions",
        "AnycastIpListId": "anycast IP lists",
        "TenantConfig": "distribution tenants",
        "ViewerMtlsConfig": "client certificates",
        "ConnectionFunctionAssociation": "connection functions",
    }
    for member, words in refused.items():
        if config.get(member):
            raise not_built(words)
    if config.get("ConnectionMode", "direct") != "direct":
        raise not_built("distribution tenants")


def _origin(given: Json) -> Json:
    if given.get("S3OriginConfig"):
        raise not_built("S3 origins; a custom origin may be any web server, an S3-like one too")
    if given.get("VpcOriginConfig"):
        raise not_built("VPC origins")
    if given.get("OriginAccessControlId"):
        raise error("InvalidOriginAccessControl", "The origin access control is not valid.")
    custom = given.get("CustomOriginConfig")
    if not custom:
        raise invalid("The parameter CustomOriginConfig is required.")
    if custom.get("OriginMtlsConfig"):
        raise not_built("client certificates towards origins")
    domain: str = given["DomainName"]
    if not _HOST.fullmatch(domain) or _is_address(domain):
        raise invalid("The parameter Origin DomainName does not refer to a valid domain name.")
    path = given.get("OriginPath", "")
    if path and (not path.startswith("/") or path.endswith("/")):
        raise invalid("The parameter Origin Path must begin with / and must not end with /.")
    for member in ("HTTPPort", "HTTPSPort"):
        if custom[member] not in (80, 443) and not 1024 <= custom[member] <= 65535:
            raise invalid(f"The parameter {member} must be 80, 443 or between 1024 and 65535.")
    read, keep = custom.get("OriginReadTimeout", 30), custom.get("OriginKeepaliveTimeout", 5)
    if not 1 <= read <= 120:
        raise error("InvalidOriginReadTimeout", "The read timeout specified for the origin is not valid.")
    if not 1 <= keep <= 120:
        raise error("InvalidOriginKeepaliveTimeout", "The keep alive timeout specified for the origin is not valid.")
    versions = _counted(custom.get("OriginSslProtocols") or {"Items": ["TLSv1", "TLSv1.1", "TLSv1.2"]})
    headers = _counted(given.get("CustomHeaders"))
    return {
        **given,
        "OriginPath": path,
        "CustomHeaders": headers,
        "CustomOriginConfig": {
            **custom,
            "OriginSslProtocols": versions,
            "OriginReadTimeout": read,
            "OriginKeepaliveTimeout": keep,
        },
        "ConnectionAttempts": given.get("ConnectionAttempts", 3),
        "ConnectionTimeout": given.get("ConnectionTimeout", 10),
        "OriginShield": given.get("OriginShield") or {"Enabled": False},
        "OriginAccessControlId": "",
    }


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _with_pattern(given: Json, origins: list[str]) -> Json:
    if not 1 <= len(given["PathPattern"]) <= 255:
        raise invalid("The parameter PathPattern is not valid.")
    return {"PathPattern": given["PathPattern"], **_behaviour(given, origins)}


def _behaviour(given: Json, origins: list[str]) -> Json:
    if given["TargetOriginId"] not in origins:
        raise error("NoSuchOrigin", "One or more of your origins or origin groups do not exist.")
    for member, words in _OURS.items():
        if items(_counted(given.get(member))):
            raise not_built(words)
    for member in ("TrustedSigners", "TrustedKeyGroups"):
        if (given.get(member) or {}).get("Enabled"):
            raise not_built("signed URLs and cookies")
    if given.get("FieldLevelEncryptionId"):
        raise not_built("field-level encryption")
    if given.get("RealtimeLogConfigArn"):
        raise not_built("real-time logs")
    if given.get("ResponseHeadersPolicyId"):
        raise error("NoSuchResponseHeadersPolicy", "The response headers policy does not exist.")
    if given.get("SmoothStreaming"):
        raise not_built("Smooth Streaming")
    found = {
        **given,
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "AllowedMethods": _methods(given.get("AllowedMethods")),
        "SmoothStreaming": False,
        "Compress": given.get("Compress", False),
        "LambdaFunctionAssociations": {"Quantity": 0},
        "FunctionAssociations": {"Quantity": 0},
        "FieldLevelEncryptionId": "",
        "GrpcConfig": given.get("GrpcConfig") or {"Enabled": False},
    }
    if given.get("CachePolicyId"):
        if given.get("ForwardedValues"):
            raise invalid(
                "The parameter ForwardedValues cannot be used when a cache policy is associated to the cache behavior."
            )
    elif not given.get("ForwardedValues"):
        raise invalid("The parameter ForwardedValues is required.")
    else:
        found["ForwardedValues"] = _forwarded(given["ForwardedValues"])
        low, high = given.get("MinTTL", 0), given.get("MaxTTL", 31536000)
        default = given.get("DefaultTTL", 86400)
        if not low <= default <= high:
            raise error("InvalidTTLOrder", "The order of TTL values is not valid: MinTTL <= DefaultTTL <= MaxTTL.")
        found |= {"MinTTL": low, "DefaultTTL": default, "MaxTTL": high}
    policies.check(given)
    return found


def _forwarded(given: Json) -> Json:
    cookies = dict(given["Cookies"])
    if cookies["Forward"] == "whitelist":
        cookies["WhitelistedNames"] = _counted(cookies.get("WhitelistedNames"))
        if not cookies["WhitelistedNames"]["Quantity"]:
            raise error("InvalidForwardCookies", "Cookies to forward must be named when Forward is whitelist.")
    return {
        "QueryString": given["QueryString"],
        "Cookies": cookies,
        "Headers": _counted(given.get("Headers")),
        "QueryStringCacheKeys": _counted(given.get("QueryStringCacheKeys")),
    }


def _methods(given: Json | None) -> Json:
    if given is None:
        given = {"Quantity": 2, "Items": ["HEAD", "GET"]}
    allowed = _counted(given)
    if set(allowed.get("Items", ())) not in _METHODS:
        raise invalid("The parameter AllowedMethods contains a combination that is not valid.")
    cached = _counted(given.get("CachedMethods") or {"Items": ["HEAD", "GET"]})
    if not set(cached.get("Items", ())) <= {"GET", "HEAD", "OPTIONS"}:
        raise invalid("The parameter CachedMethods contains a value that is not valid.")
    return {"Quantity": allowed["Quantity"], "Items": allowed["Items"], "CachedMethods": cached}


def _error_pages(given: Json | None) -> Json:
    pages = _counted(given)
    for page in items(pages):
        if page["ErrorCode"] not in ERRORS_FROM_ORIGINS:
            raise error("InvalidErrorCode", "An invalid error code was specified.")
        path, code = page.get("ResponsePagePath", ""), page.get("ResponseCode", "")
        if bool(path) != bool(code):
            raise invalid("ResponsePagePath and ResponseCode must be specified together.")
        if path and not path.startswith("/"):
            raise error(
                "InvalidRelativePath", "The relative path is too big, is not URL-encoded, or does not begin with /."
            )
        if code and not re.fullmatch(r"200|400|403|404|405|414|416|50[0-4]", code):
            raise error("InvalidResponseCode", "A response code is not valid.")
    codes = [page["ErrorCode"] for page in items(pages)]
    if len(set(codes)) < len(codes):
        raise invalid("The parameter ErrorCode contains a value that is used more than once.")
    return pages


def _certificate(given: Json | None, aliases: bool) -> Json:
    given = given or {"CloudFrontDefaultCertificate": True}
    own = given.get("IAMCertificateId") or given.get("ACMCertificateArn")
    if not own:
        if aliases:
            raise error(
                "InvalidViewerCertificate",
                "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted "
                "certificate that validates your authorization to use the domain name.",
            )
        return {
            "CloudFrontDefaultCertificate": True,
            "SSLSupportMethod": "vip",
            "MinimumProtocolVersion": "TLSv1",
            "CertificateSource": "cloudfront",
        }
    if given.get("SSLSupportMethod") not in ("sni-only", "vip", "static-ip"):
        raise error("InvalidViewerCertificate", "The specified SSLSupportMethod is not valid.")
    source = "iam" if given.get("IAMCertificateId") else "acm"
    return {
        **given,
        "CloudFrontDefaultCertificate": False,
        "MinimumProtocolVersion": given.get("MinimumProtocolVersion", "TLSv1"),
        "Certificate": own,
        "CertificateSource": source,
    }


def _geo(given: Json | None) -> Json:
    given = given or {"RestrictionType": "none"}
    found = _counted({"Items": [], **given})
    kind = found["RestrictionType"]
    if (kind == "none") == bool(found["Quantity"]):
        raise error("InvalidGeoRestrictionParameter", "The specified geo restriction parameter is not valid.")
    if not all(re.fullmatch("[A-Z]{2}", code) for code in items(found)):
        raise error("InvalidLocationCode", "The location code specified is not valid.")
    return {name: value for name, value in found.items() if name != "Items" or value}
