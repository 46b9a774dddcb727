"""SAML providers: whose assertions AssumeRoleWithSAML believes. Error texts: IAM user guide, "Troubleshoot SAML"."""

from __future__ import annotations

import base64
import os
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.iam import quotas, tags
from garrison.services.iam.errors import over_quota
from garrison.services.iam.identity_providers import KEY_PURPOSE
from garrison.services.iam.resources import EPOCH, SAML_PROVIDER, SamlKey, SamlProvider
from garrison.services.iam.saml_metadata import read_metadata
from garrison.services.operation import Output, operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction

_ARN = re.compile(r"arn:[^:]+:iam::[0-9]{12}:saml-provider/[\w.-]+")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidInput", message)


def _in_a_century(now: float) -> float:
    """What AWS shows as ValidUntil for metadata that says nothing about it, as seen on providers in use."""
    then = datetime.fromtimestamp(now, UTC)
    return then.replace(year=then.year + 100, day=min(then.day, 28)).timestamp()


def _id() -> str:
    """For keys and providers: 24 letters and digits."""
    return base64.b32encode(os.urandom(15)).decode()


def _named(reader: Reader, call: Call) -> Resource[SamlProvider]:
    arn = call.params["SAMLProviderArn"]
    if not _ARN.fullmatch(arn):
        raise _invalid("Invalid SAML provider ARN")
    row = reader.by_id(SAML_PROVIDER, arn)
    if row is None or row.account != call.account:
        raise AwsError("NoSuchEntity", f"Manifest not found for arn {arn}")
    return row


def _key(call: Call, pem: str) -> SamlKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _invalid("Invalid private key.") from None
    if not isinstance(key, RSAPrivateKey):
        raise _invalid("Invalid private key.")
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    id = _id()
    return SamlKey(id=id, created=call.now, sealed=call.runtime.seal.seal(KEY_PURPOSE, der, id))


def _check_mode(mode: str | None, keys: tuple[SamlKey, ...]) -> None:
    if mode == "Required" and not keys:
        raise _invalid("Unable to set assertion encryption mode to Required because no private key is provided.")


@operation("iam", "CreateSAMLProvider", access="write")
def create_saml_provider(call: Call, tx: Transaction) -> Output:
    params = call.params
    name = params["Name"]
    given = tags.given(call)
    metadata = read_metadata(params["SAMLMetadataDocument"])
    pem, mode = params.get("AddPrivateKey"), params.get("AssertionEncryptionMode")
    keys = () if pem is None else (_key(call, pem),)
    _check_mode(mode, keys)
    if tx.count(SAML_PROVIDER, call.account) >= quotas.SAML_PROVIDERS:
        raise over_quota("SAMLProvidersPerAccount", quotas.SAML_PROVIDERS)
    body = SamlProvider(
        metadata=params["SAMLMetadataDocument"],
        entity_id=metadata.entity_id,
        certificates=metadata.certificates,
        valid_until=_in_a_century(call.now) if metadata.valid_until is None else metadata.valid_until,
        uuid=_id(),
        tags=given,
        encryption_mode=mode,
        private_keys=keys,
    )
    arn = f"arn:{call.partition}:iam::{call.account}:saml-provider/{name}"
    try:
        tx.insert(SAML_PROVIDER, call.account, name, body, id=arn, created=call.now)
    except AlreadyExists:
        raise AwsError("EntityAlreadyExists", f"SAMLProvider {arn} already exists.") from None
    tx.bump(EPOCH, call.account)
    answer: dict[str, Any] = {"SAMLProviderArn": arn}
    if given:
        answer["Tags"] = tags.shown(given)
    return answer


@operation("iam", "GetSAMLProvider", access="read")
def get_saml_provider(call: Call, reader: Reader) -> Output:
    row = _named(reader, call)
    body = row.body
    answer: dict[str, Any] = {
        "SAMLProviderUUID": body.uuid,
        "SAMLMetadataDocument": body.metadata,
        "CreateDate": row.created,
        "ValidUntil": body.valid_until,
        "Tags": tags.shown(body.tags),
    }
    if body.encryption_mode is not None:
        answer["AssertionEncryptionMode"] = body.encryption_mode
    if body.private_keys:
        answer["PrivateKeyList"] = [{"KeyId": key.id, "Timestamp": key.created} for key in body.private_keys]
    return answer


@operation("iam", "ListSAMLProviders", access="read")
def list_saml_providers(call: Call, reader: Reader) -> Output:
    return {
        "SAMLProviderList": [
            {"Arn": row.id, "ValidUntil": row.body.valid_until, "CreateDate": row.created}
            for row in reader.page(SAML_PROVIDER, call.account)
        ]
    }


@operation("iam", "UpdateSAMLProvider", access="write")
def update_saml_provider(call: Call, tx: Transaction) -> Output:
    params = call.params
    row = _named(tx, call)
    body = row.body
    pem, gone = params.get("AddPrivateKey"), params.get("RemovePrivateKey")
    if not params.keys() & {"SAMLMetadataDocument", "AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey"}:
        raise _invalid(
            "Unable to update identity provider. No updates are defined for metadata or encryption assertion."
        )
    if pem is not None and gone is not None:
        raise _invalid(
            "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters."
        )
    keys = body.private_keys
    if pem is not None:
        if len(keys) >= quotas.PRIVATE_KEYS_PER_SAML_PROVIDER:
            raise AwsError("LimitExceeded", f"Private key limit of {quotas.PRIVATE_KEYS_PER_SAML_PROVIDER} is reached.")
        keys = (*keys, _key(call, pem))
    if gone is not None:
        left = tuple(key for key in keys if key.id != gone)
        if len(left) == len(keys):
            raise _invalid("Failed to remove private key because the Key ID does not match a private key.")
        keys = left
    mode = params.get("AssertionEncryptionMode", body.encryption_mode)
    _check_mode(mode, keys)
    body = msgspec.structs.replace(body, private_keys=keys, encryption_mode=mode)
    document = params.get("SAMLMetadataDocument")
    if document is not None:
        metadata = read_metadata(document)
        until = _in_a_century(call.now) if metadata.valid_until is None else metadata.valid_until
        body = msgspec.structs.replace(
            body,
            metadata=document,
            entity_id=metadata.entity_id,
            certificates=metadata.certificates,
            valid_until=until,
        )
    _change(call, tx, row, body)
    return {"SAMLProviderArn": row.id}


@operation("iam", "DeleteSAMLProvider", access="write")
def delete_saml_provider(call: Call, tx: Transaction) -> None:
    """Roles that trust it are left as they are (API reference)."""
    tx.delete(_named(tx, call))
    tx.bump(EPOCH, call.account)


@operation("iam", "TagSAMLProvider", access="write")
def tag_saml_provider(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    merged = tags.merged(row.body.tags, tags.given(call), quota="TagsPerSAMLProvider")
    _change(call, tx, row, msgspec.structs.replace(row.body, tags=merged))


@operation("iam", "UntagSAMLProvider", access="write")
def untag_saml_provider(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    left = tags.without(row.body.tags, call.params["TagKeys"])
    _change(call, tx, row, msgspec.structs.replace(row.body, tags=left))


@operation("iam", "ListSAMLProviderTags", access="read")
def list_saml_provider_tags(call: Call, reader: Reader) -> Output:
    return tags.listed(call, _named(reader, call).body.tags)


def _change(call: Call, tx: Transaction, row: Resource[SamlProvider], body: SamlProvider) -> None:
    tx.update(row, body, updated=call.now)
    tx.bump(EPOCH, call.account)
