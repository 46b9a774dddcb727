"""Keys for the CAPTCHA script of an application's own pages: each is good for its domains, and tells them sealed.

Source: WAF API reference, CreateAPIKey: at most five domains, none of them a public suffix.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.wafv2 import quotas
from garrison.services.wafv2.errors import quota_exceeded
from garrison.services.wafv2.paging import page
from garrison.services.wafv2.resources import API_KEY, ApiKey
from garrison.services.wafv2.scope import scope_of
from garrison.store import Reader, Resource, Transaction
from garrison.waf.errors import invalid, nonexistent
from garrison.waf.validate import check_token_domains

_MOST_DOMAINS = 5


def _id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _load(call: Call, reader: Reader) -> Resource[ApiKey]:
    row = reader.get(API_KEY, call.account, call.params["APIKey"], region=call.region, parent=scope_of(call))
    if row is None:
        raise nonexistent()
    return row


@operation("wafv2", "CreateAPIKey", access="write")
def create_api_key(call: Call, tx: Transaction) -> dict[str, Any]:
    scope = scope_of(call)
    domains = call.params["TokenDomains"]
    if len(domains) > _MOST_DOMAINS:
        raise invalid("TOKEN_DOMAIN", str(len(domains)), "You can specify at most 5 token domains.")
    check_token_domains(domains)
    if tx.count(API_KEY, call.account, region=call.region, parent=scope) >= quotas.API_KEYS:
        raise quota_exceeded()
    key = base64.b64encode(secrets.token_bytes(96)).decode()
    tx.insert(
        API_KEY, call.account, key, ApiKey(tuple(dict.fromkeys(domains))),
        id=_id(key), region=call.region, parent=scope, created=call.now,
    )  # fmt: skip
    return {"APIKey": key}


@operation("wafv2", "DeleteAPIKey", access="write")
def delete_api_key(call: Call, tx: Transaction) -> None:
    tx.delete(_load(call, tx))


@operation("wafv2", "GetDecryptedAPIKey", access="read")
def get_decrypted_api_key(call: Call, reader: Reader) -> dict[str, Any]:
    row = _load(call, reader)
    return {"TokenDomains": list(row.body.domains), "CreationTimestamp": row.created}


@operation("wafv2", "ListAPIKeys", access="read")
def list_api_keys(call: Call, reader: Reader) -> dict[str, Any]:
    rows = reader.page(API_KEY, call.account, region=call.region, parent=scope_of(call))
    shown, rest = page(call, rows, key=lambda row: row.name)
    keys = [
        {
            "TokenDomains": list(row.body.domains),
            "APIKey": row.name,
            "CreationTimestamp": row.created,
            "Version": row.body.version,
        }
        for row in shown
    ]
    return {"APIKeySummaries": keys, **rest}
