"""OpenID Connect providers: whose tokens AssumeRoleWithWebIdentity believes.

A provider is its URL: what AWS asks of one (https, no query) holds here too, but for two things that identity providers
on a network of one's own need. A URL may name a port, and one of this very machine (`localhost`, `127.0.0.1`, `::1`)
may be plain http. Source: IAM user guide, "Create an OpenID Connect (OIDC) identity provider in IAM".
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from garrison.access.call import Call
from garrison.access.oidc_url import is_loopback
from garrison.aws.errors import AwsError
from garrison.services.iam import quotas, tags
from garrison.services.iam.errors import over_quota
from garrison.services.iam.resources import EPOCH, OIDC_PROVIDER, OidcProvider
from garrison.services.operation import Output, operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction

_ARN = re.compile(r"arn:[^:]+:iam::[0-9]{12}:oidc-provider/.+")
_THUMBPRINT = re.compile(r"[0-9a-fA-F]{40}")
_PLACE = re.compile(r"[A-Za-z0-9.\[\]:_-]+(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")


def oidc_arn(partition: str, account: str, place: str) -> str:
    """The ARN of the provider at a URL (given without its scheme)."""
    return f"arn:{partition}:iam::{account}:oidc-provider/{place}"


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidInput", message)


def _place(url: str) -> tuple[str, str]:
    """Scheme, and URL without it. Raises `ValidationError`."""
    refusal = AwsError("ValidationError", "Invalid Open ID Connect Provider URL", status=400)
    scheme, _, place = url.partition("://")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise refusal from None
    if not host or parts.username is not None or "?" in url or "#" in url or not _PLACE.fullmatch(place):
        raise refusal
    if scheme == "https" or (scheme == "http" and is_loopback(host)):
        return scheme, place
    raise refusal


def _named(reader: Reader, call: Call) -> Resource[OidcProvider]:
    arn = call.params["OpenIDConnectProviderArn"]
    _check_arn(arn)
    row = reader.by_id(OIDC_PROVIDER, arn)
    if row is None or row.account != call.account:
        raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}")
    return row


def _check_arn(arn: str) -> None:
    if not _ARN.fullmatch(arn):
        raise _invalid("Invalid OpenIDConnect Provider ARN")


def _thumbprints(given: list[str]) -> tuple[str, ...]:
    if len(given) > quotas.THUMBPRINTS_PER_OIDC_PROVIDER:
        # The limit is documented, the text is a guess.
        raise _invalid(f"Thumbprint list must contain at most {quotas.THUMBPRINTS_PER_OIDC_PROVIDER} entries.")
    for thumbprint in given:
        if not _THUMBPRINT.fullmatch(thumbprint):
            raise _invalid("Invalid thumbprint")
    return tuple(dict.fromkeys(thumbprint.lower() for thumbprint in given))


def _client_ids(ids: list[str]) -> tuple[str, ...]:
    unique = tuple(dict.fromkeys(ids))
    if len(unique) > quotas.CLIENT_IDS_PER_OIDC_PROVIDER:
        raise over_quota("ClientIdsPerOpenIdConnectProvider", quotas.CLIENT_IDS_PER_OIDC_PROVIDER)
    return unique


@operation("iam", "CreateOpenIDConnectProvider", access="write")
def create_open_id_connect_provider(call: Call, tx: Transaction) -> Output:
    params = call.params
    scheme, place = _place(params["Url"])
    given = tags.given(call)
    body = OidcProvider(
        client_ids=_client_ids(params.get("ClientIDList", [])),
        thumbprints=_thumbprints(params.get("ThumbprintList", [])),
        tags=given,
        scheme=scheme,
    )
    if tx.count(OIDC_PROVIDER, call.account) >= quotas.OIDC_PROVIDERS:
        raise over_quota("OpenIdConnectProvidersPerAccount", quotas.OIDC_PROVIDERS)
    arn = oidc_arn(call.partition, call.account, place)
    try:
        tx.insert(OIDC_PROVIDER, call.account, place, body, id=arn, created=call.now)
    except AlreadyExists:
        raise AwsError("EntityAlreadyExists", f"Provider with url {params['Url']} already exists.") from None
    tx.bump(EPOCH, call.account)
    answer: dict[str, Any] = {"OpenIDConnectProviderArn": arn}
    if given:
        answer["Tags"] = tags.shown(given)
    return answer


@operation("iam", "GetOpenIDConnectProvider", access="read")
def get_open_id_connect_provider(call: Call, reader: Reader) -> Output:
    row = _named(reader, call)
    return {
        "Url": row.name,
        "ClientIDList": list(row.body.client_ids),
        "ThumbprintList": list(row.body.thumbprints),
        "CreateDate": row.created,
        "Tags": tags.shown(row.body.tags),
    }


@operation("iam", "ListOpenIDConnectProviders", access="read")
def list_open_id_connect_providers(call: Call, reader: Reader) -> Output:
    rows = reader.page(OIDC_PROVIDER, call.account)
    return {"OpenIDConnectProviderList": [{"Arn": row.id} for row in rows]}


@operation("iam", "DeleteOpenIDConnectProvider", access="write")
def delete_open_id_connect_provider(call: Call, tx: Transaction) -> None:
    """Roles that trust it are left as they are; nothing is said about one that is not there (API reference)."""
    arn = call.params["OpenIDConnectProviderArn"]
    _check_arn(arn)
    row = tx.by_id(OIDC_PROVIDER, arn)
    if row is not None and row.account == call.account:
        tx.delete(row)
        tx.bump(EPOCH, call.account)


@operation("iam", "AddClientIDToOpenIDConnectProvider", access="write")
def add_client_id(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    ids = _client_ids([*row.body.client_ids, call.params["ClientID"]])
    _change(call, tx, row, client_ids=ids)


@operation("iam", "RemoveClientIDFromOpenIDConnectProvider", access="write")
def remove_client_id(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    gone = call.params["ClientID"]
    _change(call, tx, row, client_ids=tuple(id for id in row.body.client_ids if id != gone))


@operation("iam", "UpdateOpenIDConnectProviderThumbprint", access="write")
def update_thumbprint(call: Call, tx: Transaction) -> None:
    _change(call, tx, _named(tx, call), thumbprints=_thumbprints(call.params["ThumbprintList"]))


@operation("iam", "TagOpenIDConnectProvider", access="write")
def tag_open_id_connect_provider(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    _change(call, tx, row, tags=tags.merged(row.body.tags, tags.given(call), quota="TagsPerOpenIDConnectProvider"))


@operation("iam", "UntagOpenIDConnectProvider", access="write")
def untag_open_id_connect_provider(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    _change(call, tx, row, tags=tags.without(row.body.tags, call.params["TagKeys"]))


@operation("iam", "ListOpenIDConnectProviderTags", access="read")
def list_open_id_connect_provider_tags(call: Call, reader: Reader) -> Output:
    return tags.listed(call, _named(reader, call).body.tags)


def _change(call: Call, tx: Transaction, row: Resource[OidcProvider], **changes: Any) -> None:
    tx.update(row, msgspec.structs.replace(row.body, **changes), updated=call.now)
    tx.bump(EPOCH, call.account)
