"""Distributions: made, read, changed with If-Match, deleted once they are disabled.

Each gets two ports of this machine, for HTTP and for HTTPS; ListTagsForResource tells where they are.
Source: CloudFront API reference, "Distribution" operations.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access import protected, sites
from garrison.access.call import Call
from garrison.access.certificates import find as find_certificate
from garrison.access.in_force import when_in_force
from garrison.access.ports import NoPort, give_port_back, take_port
from garrison.services.cloudfront import config as configs
from garrison.services.cloudfront import tags
from garrison.services.cloudfront.errors import error, invalid, no_distribution
from garrison.services.cloudfront.resources import (
    ALIAS,
    CALLER_REFERENCE,
    DISTRIBUTION,
    INVALIDATION,
    Distribution,
    arn_of,
    new_id,
)
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction

MOST = 500
_DEPLOYING = 1.0
"""Seconds after a change until every part of the edge has it; usually it is a fraction of that."""


def load(call: Call, reader: Reader, id: str | None = None) -> Resource[Distribution]:
    """The distribution of an id (default: the call's `Id`). Raises `NoSuchDistribution`."""
    row = reader.get(DISTRIBUTION, call.account, call.params["Id"] if id is None else id)
    if row is None:
        raise no_distribution()
    return row


def _status(call: Call, row: Resource[Distribution]) -> str:
    return "InProgress" if call.now - row.updated < _DEPLOYING else "Deployed"


def shown(call: Call, row: Resource[Distribution]) -> dict[str, Any]:
    """A distribution as answers show it."""
    found = {
        "Id": row.name,
        "ARN": row.id,
        "Status": _status(call, row),
        "LastModifiedTime": row.updated,
        "InProgressInvalidationBatches": 0,
        "DomainName": row.body.domain,
        "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
        "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "DistributionConfig": row.body.config,
    }
    aliases = configs.items(row.body.config["Aliases"])
    if aliases:
        found["AliasICPRecordals"] = [{"CNAME": alias, "ICPRecordalStatus": "APPROVED"} for alias in aliases]
    return found


def _summary(call: Call, row: Resource[Distribution]) -> dict[str, Any]:
    config = row.body.config
    members = (
        "Aliases", "Origins", "OriginGroups", "DefaultCacheBehavior", "CacheBehaviors", "CustomErrorResponses",
        "Comment", "PriceClass", "Enabled", "ViewerCertificate", "Restrictions", "WebACLId", "IsIPV6Enabled", "Staging",
    )  # fmt: skip
    return {
        "Id": row.name,
        "ARN": row.id,
        "ETag": row.body.etag,
        "Status": _status(call, row),
        "LastModifiedTime": row.updated,
        "DomainName": row.body.domain,
        "HttpVersion": config["HttpVersion"].upper(),
        **{member: config[member] for member in members},
    }


def _check_web_acl(call: Call, reader: Reader, id: str) -> None:
    if id and not protected.web_acl_exists(reader, call.account, id):
        raise error("InvalidWebACLId", "Web ACL is not accessible by the requester.")


def _check_certificate(call: Call, reader: Reader, config: dict[str, Any]) -> None:
    named = config["ViewerCertificate"]
    arn = named.get("ACMCertificateArn")
    if named.get("IAMCertificateId"):
        # An id names no account, and nothing here looks certificates up by it.
        raise error("InvalidViewerCertificate", "IAM certificates are not supported here; name an ACM certificate.")
    if arn and find_certificate(reader, call.runtime, call.account, "us-east-1", arn, names=()) is None:
        raise error(
            "InvalidViewerCertificate",
            "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a "
            "valid certificate chain.",
        )


def _claim_aliases(tx: Transaction, arn: str, before: list[str], after: list[str]) -> None:
    for alias in before:
        if alias not in after:
            tx.delete_lookup(ALIAS, alias.lower())
    for alias in after:
        try:
            tx.set_lookup(ALIAS, alias.lower(), arn)
        except AlreadyExists:
            raise error(
                "CNAMEAlreadyExists",
                "One or more of the CNAMEs you provided are already associated with a different resource.",
            ) from None


def _create(call: Call, tx: Transaction, given: dict[str, Any], tagged: dict[str, str]) -> dict[str, Any]:
    config = configs.checked(given)
    reference = f"{call.account}/{config['CallerReference']}"
    before = tx.lookup(CALLER_REFERENCE, reference)
    if before is not None:
        raise error(
            "DistributionAlreadyExists",
            "The caller reference that you are using to create a distribution is associated with another distribution. "
            f"Already exists: {before.rpartition('/')[2]}",
        )
    if tx.count(DISTRIBUTION, call.account) >= call.runtime.quotas.get("Distributions", MOST):
        raise error("TooManyDistributions", "You have exceeded the maximum number of distributions allowed.")
    _check_web_acl(call, tx, config["WebACLId"])
    _check_certificate(call, tx, config)
    id = new_id("E")
    arn = arn_of(call.partition, call.account, id)
    _claim_aliases(tx, arn, [], configs.items(config["Aliases"]))
    try:
        http = take_port(tx, call.runtime.edge, 80, f"{arn}:80")
        https = take_port(tx, call.runtime.edge, 443, f"{arn}:443")
    except NoPort as e:
        raise error("TooManyDistributions", f"The distribution cannot be opened on this machine: {e}.") from None
    body = Distribution(config, new_id("E", 13), f"{new_id('D', 14).lower()}.cloudfront.net", http, https, tagged)
    row = tx.insert(DISTRIBUTION, call.account, id, body, id=arn, created=call.now)
    tx.set_lookup(CALLER_REFERENCE, reference, arn)
    sites.announce(tx, call.account, arn)
    _settle(call, tx, config)
    return _made(call, row)


def _made(call: Call, row: Resource[Distribution]) -> dict[str, Any]:
    location = f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{row.name}"
    return {"Distribution": shown(call, row), "Location": location, "ETag": row.body.etag}


@operation("cloudfront", "CreateDistribution", access="write")
def create_distribution(call: Call, tx: Transaction) -> dict[str, Any]:
    return _create(call, tx, call.params["DistributionConfig"], {})


@operation("cloudfront", "CreateDistributionWithTags", access="write")
def create_distribution_with_tags(call: Call, tx: Transaction) -> dict[str, Any]:
    given = call.params["DistributionConfigWithTags"]
    return _create(call, tx, given["DistributionConfig"], tags.given(given["Tags"]))


@operation("cloudfront", "GetDistribution", access="read")
def get_distribution(call: Call, reader: Reader) -> dict[str, Any]:
    row = load(call, reader)
    return {"Distribution": shown(call, row), "ETag": row.body.etag}


@operation("cloudfront", "GetDistributionConfig", access="read")
def get_distribution_config(call: Call, reader: Reader) -> dict[str, Any]:
    row = load(call, reader)
    return {"DistributionConfig": row.body.config, "ETag": row.body.etag}


def _matched(call: Call, row: Resource[Distribution]) -> None:
    """Raises unless the call's If-Match is the distribution's ETag."""
    given = call.params.get("IfMatch")
    if not given:
        raise error("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
    if given != row.body.etag:
        raise error(
            "PreconditionFailed",
            "The request failed because it didn't meet the preconditions in one or more request-header fields.",
        )


def _changed(
    call: Call, tx: Transaction, row: Resource[Distribution], config: dict[str, Any]
) -> Resource[Distribution]:
    body = msgspec.structs.replace(row.body, config=config, etag=new_id("E", 13))
    sites.changed(tx)
    _settle(call, tx, config)
    return tx.update(row, body, updated=call.now)


def _settle(call: Call, tx: Transaction, config: dict[str, Any]) -> None:
    """Answer when what keeps requests out is in force."""
    if config["WebACLId"] or config["Restrictions"]["GeoRestriction"]["RestrictionType"] != "none":
        call.settled = when_in_force(call.runtime, tx)


@operation("cloudfront", "UpdateDistribution", access="write")
def update_distribution(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    _matched(call, row)
    config = configs.checked(call.params["DistributionConfig"])
    if config["CallerReference"] != row.body.config["CallerReference"]:
        raise error("IllegalUpdate", "The update contains modifications that are not allowed: CallerReference.")
    _check_web_acl(call, tx, config["WebACLId"])
    _check_certificate(call, tx, config)
    old, new = configs.items(row.body.config["Aliases"]), configs.items(config["Aliases"])
    _claim_aliases(tx, row.id, old, new)
    row = _changed(call, tx, row, config)
    return {"Distribution": shown(call, row), "ETag": row.body.etag}


@operation("cloudfront", "AssociateDistributionWebACL", access="write")
def associate_distribution_web_acl(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    if call.params.get("IfMatch"):
        _matched(call, row)
    arn = call.params["WebACLArn"]
    _check_web_acl(call, tx, arn)
    row = _changed(call, tx, row, {**row.body.config, "WebACLId": arn})
    return {"Id": row.name, "WebACLArn": arn, "ETag": row.body.etag}


@operation("cloudfront", "DisassociateDistributionWebACL", access="write")
def disassociate_distribution_web_acl(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    if call.params.get("IfMatch"):
        _matched(call, row)
    row = _changed(call, tx, row, {**row.body.config, "WebACLId": ""})
    return {"Id": row.name, "ETag": row.body.etag}


@operation("cloudfront", "DeleteDistribution", access="write")
def delete_distribution(call: Call, tx: Transaction) -> None:
    row = load(call, tx)
    _matched(call, row)
    if row.body.config["Enabled"]:
        raise error("DistributionNotDisabled", "The distribution you are trying to delete has not been disabled.")
    for invalidation in tx.page(INVALIDATION, call.account, parent=row.name):
        tx.delete(invalidation)
    _claim_aliases(tx, row.id, configs.items(row.body.config["Aliases"]), [])
    tx.delete_lookup(CALLER_REFERENCE, f"{call.account}/{row.body.config['CallerReference']}")
    give_port_back(tx, row.body.http_port)
    give_port_back(tx, row.body.https_port)
    tx.delete(row)
    sites.withdraw(tx, row.id)


def listed(call: Call, rows: list[Resource[Distribution]]) -> dict[str, Any]:
    """One page of a `DistributionList`."""
    given = str(call.params.get("MaxItems") or 100)
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= 100):
        raise invalid("The parameter MaxItems is not valid.")
    after = call.params.get("Marker", "")
    ordered = sorted([row for row in rows if row.name > after], key=lambda row: row.name)
    page = ordered[: int(given)]
    found: dict[str, Any] = {
        "Marker": after,
        "MaxItems": int(given),
        "IsTruncated": len(ordered) > len(page),
        "Quantity": len(page),
    }
    if page:
        found["Items"] = [_summary(call, row) for row in page]
    if found["IsTruncated"]:
        found["NextMarker"] = page[-1].name
    return found


@operation("cloudfront", "ListDistributions", access="read")
def list_distributions(call: Call, reader: Reader) -> dict[str, Any]:
    return {"DistributionList": listed(call, reader.page(DISTRIBUTION, call.account))}


@operation("cloudfront", "ListDistributionsByWebACLId", access="read")
def list_distributions_by_web_acl_id(call: Call, reader: Reader) -> dict[str, Any]:
    wanted = call.params["WebACLId"]
    wanted = "" if wanted == "null" else wanted  # API reference: `null` asks for those without a web ACL
    rows = [row for row in reader.page(DISTRIBUTION, call.account) if row.body.config["WebACLId"] == wanted]
    return {"DistributionList": listed(call, rows)}


def _using(reader: Reader, account: str, web_acl: str) -> list[str]:
    return [row.id for row in reader.page(DISTRIBUTION, account) if row.body.config["WebACLId"] == web_acl]


protected.provide_using(_using)
