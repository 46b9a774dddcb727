"""Which key a call names, and that key as authorization sees it.

A key may be named by its id or ARN, by an alias or the alias's ARN, by the ciphertext it made, or by a grant on it. The
resource of a check says which: an ARN made of what the call gave, or one with a marker where only state knows the key.
Source: KMS API reference, `KeyId` of each operation; developer guide, "Key policies" and "Condition keys".
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Any

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check
from garrison.aws.reference.check import MARKER
from garrison.keys import errors as engine_errors
from garrison.keys.blob import read_header
from garrison.policy.document import Document
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType
from garrison.services.kms import errors, grants, managed_keys, rows, usage
from garrison.services.kms.key_policy import effective
from garrison.services.kms.resources import ALIAS, KEY, MATERIALS, Key, row_id
from garrison.services.kms.rows import checked
from garrison.services.kms.states import CRYPTOGRAPHY, gone
from garrison.store import Reader, Resource

EPOCH = "kms"
"""Epoch domain of everything here that decides: key policies, grants, aliases, tags."""

CIPHERTEXT_KEY = "${kms:ciphertextkey}"
GRANT_KEY = "${kms:grantkey}"
ALIAS_TARGET = "${kms:aliastarget}"

_KEY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32}", re.IGNORECASE)

BY_ALIAS = frozenset(
    {
        *("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
        *("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "VerifyMac", "Sign", "Verify"),
        *("DescribeKey", "GetPublicKey", "DeriveSharedSecret", "Encapsulate", "Decapsulate"),
    }
)
"""Actions whose key may be named by an alias; the others take an id or a key ARN."""

FROM_OUTSIDE = BY_ALIAS | {"CreateGrant", "ListGrants", "RetireGrant", "RevokeGrant", "GetKeyRotationStatus"}
"""Actions that may be about a key of another account (API reference, "Cross-account use")."""

_READS = frozenset({*CRYPTOGRAPHY, "DescribeKey"})
"""Operations that write nothing, most of them called often."""

_ABOUT_ALIASES = frozenset({"CreateAlias", "UpdateAlias", "DeleteAlias"})


def arn_of(row: Resource[Key], partition: str) -> str:
    """A key's ARN."""
    return f"arn:{partition}:kms:{row.region}:{row.account}:key/{row.name}"


def alias_arn(call: Call, name: str) -> str:
    """The ARN of an alias of the call's own account and Region."""
    return f"arn:{call.partition}:kms:{call.region}:{call.account}:{name}"


def key_row(call: Call, reader: Reader, account: str, region: str, key_id: str) -> Resource[Key] | None:
    """The key with that id, as Garrison wrote it; None if there is none, or no longer. Raises `Tampered`."""
    row = rows.get(call.runtime, reader, KEY, account, key_id.lower(), region=region)
    return None if row is None or gone(row.body, call.now) else row


def row_of_id(call: Call, reader: Reader, id: str) -> Resource[Key] | None:
    """The key with that row id, in any account; None if there is none, or no longer. Raises `Tampered`."""
    row = reader.by_id(KEY, id)
    if row is None or gone(row.body, call.now):
        return None
    return checked(call.runtime, row)


def key_named(call: Call, reader: Reader, value: str, *, aliases: bool = True) -> Resource[Key]:
    """The key that a parameter names. Raises `NotFoundException`, `InvalidArnException`."""
    if call.operation not in _READS:
        return _look_up(call, reader, value, aliases)
    # Looked for twice on one snapshot: for the decision, and by the operation.
    known = call.found
    if known is None or known[0] is not reader:
        known = call.found = (reader, {})
    row: Resource[Key] | None = known[1].get(value)
    if row is None:
        row = known[1][value] = _look_up(call, reader, value, aliases)
    return row


def _look_up(call: Call, reader: Reader, value: str, aliases: bool) -> Resource[Key]:
    account, region, name = call.account, call.region, value
    if value.startswith("arn:"):
        arn = Arn.parse(value)
        if arn is None or arn.service != "kms" or not arn.resource.startswith(("key/", "alias/")):
            raise errors.invalid_arn(value)
        if arn.region != region or arn.partition != call.partition:
            raise errors.foreign_region(arn.region)
        account, name = arn.account, arn.resource
    if name.startswith("alias/"):
        if not aliases:
            raise errors.invalid_key_id(value)
        alias = rows.get(call.runtime, reader, ALIAS, account, name, region=region)
        if alias is None:
            raise errors.alias_not_found(f"arn:{call.partition}:kms:{region}:{account}:{name}")
        name = alias.body.key
    else:
        if name is not value:
            name = name.removeprefix("key/")
        if _KEY_ID.fullmatch(name) is None:
            raise errors.invalid_key_id(value)
    row = key_row(call, reader, account, region, name)
    if row is None:
        raise errors.key_not_found(f"arn:{call.partition}:kms:{region}:{account}:key/{name}")
    return row


def key_of_ciphertext(call: Call, reader: Reader, blob: bytes) -> Resource[Key]:
    """The key whose material a ciphertext names.

    Raises `InvalidCiphertextException` for what is no ciphertext of a symmetric key, and the one error there is for
    keys that are not here.
    """
    try:
        header = read_header(blob)
    except engine_errors.InvalidCiphertext:
        raise errors.error("InvalidCiphertext") from None
    found = reader.lookup(MATERIALS, f"{call.region}/{header.material_id}")
    if found is None and header.key_id is not None:
        # Material that was deleted meanwhile; the key it belonged to still says who may know of that.
        found = row_id(call.region, header.key_id)
    row = None if found is None else row_of_id(call, reader, found)
    if row is None:
        raise errors.ciphertext_of_no_key()
    return row


def kms_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of the resource of one check."""
    arn = Arn.parse(check.resource)
    if arn is None:
        return Facts(arn=check.resource, account=None)
    action = check.action.partition(":")[2]
    kind, _, name = arn.resource.partition("/")
    if kind == "alias" and action in _ABOUT_ALIASES:
        return _alias_facts(reader, call, arn)
    if name == "*":
        return Facts(arn=check.resource, account=arn.account or None)
    try:
        row = _row(reader, call, action, arn, kind, name)
    except AwsError as e:
        return _absent(call, action, arn, e)
    return facts_of(call, reader, row, action, from_ciphertext=name == CIPHERTEXT_KEY)


def _row(reader: Reader, call: Call, action: str, arn: Arn, kind: str, name: str) -> Resource[Key]:
    if kind == "key" and name.startswith(MARKER):
        if name == CIPHERTEXT_KEY:
            return key_of_ciphertext(call, reader, call.params.get("CiphertextBlob", b""))
        if name == GRANT_KEY:
            row = row_of_id(call, reader, grants.of_request(call, reader).parent)
            if row is None:
                raise errors.error("InvalidGrantToken")
            return row
        alias = call.params["AliasName"]
        named = rows.get(call.runtime, reader, ALIAS, call.account, alias, region=call.region)
        if named is None:
            raise errors.alias_not_found(alias_arn(call, alias))
        return key_named(call, reader, named.body.key)
    if call.operation == "UpdatePrimaryRegion" and arn.region != call.region:
        found = key_row(call, reader, arn.account, arn.region, name)
        if found is None:
            raise errors.key_not_found(str(arn))
        return found
    here = arn.account == call.account and arn.region == call.region
    if kind == "alias":
        return key_named(call, reader, arn.resource if here else str(arn), aliases=action in BY_ALIAS)
    return key_named(call, reader, name if here else str(arn), aliases=False)


def _absent(call: Call, action: str, arn: Arn, refusal: AwsError) -> Facts:
    """What is not there. That much is told to its own account only; who is of another must not learn it."""
    who = call.caller.principal
    if arn.account == call.account and (who.account is not None or call.caller.account is not None):
        managed = managed_keys.facts(call, action, arn)
        if managed is not None:
            return managed
        return Facts(arn=str(arn), account=arn.account, trusts_account=False, refusal=refusal)
    return Facts(
        arn=str(arn),
        account=arn.account or None,
        trusts_account=False,
        refusal=errors.not_yours(who.arn, f"kms:{action}"),
    )


def _alias_facts(reader: Reader, call: Call, arn: Arn) -> Facts:
    row = reader.get(ALIAS, arn.account, arn.resource, region=arn.region)
    return Facts(arn=str(arn), account=arn.account or None, exists=row is not None, epoch=EPOCH)


def facts_of(call: Call, reader: Reader, row: Resource[Key], action: str, *, from_ciphertext: bool = False) -> Facts:
    """A key as authorization sees it."""
    body = row.body
    who = call.caller.principal
    refusal = denied = None
    if row.account != who.account:
        denied = errors.not_yours(who.arn, f"kms:{action}")
        if action not in FROM_OUTSIDE:
            refusal = denied
    if from_ciphertext:
        denied = errors.ciphertext_of_no_key()
    retiring = action == "RetireGrant"
    return Facts(
        arn=arn_of(row, call.partition),
        account=row.account,
        exists=True,
        tags=body.tags,
        context=_context(call, reader, row, action),
        # "kms:RetireGrant is not effective in a key policy" (developer guide, "Permissions reference").
        policy=None if retiring else _attached(body.policy),
        trusts_account=False,
        settled={} if call.via is None else {"kms:grantisforawsresource": "true"},
        grants=partial(grants.retiring if retiring else grants.speaking, call, reader, row),
        refusal=refusal,
        denied=denied,
        # "Resource control policies in your organization do not apply to AWS managed keys" (developer guide).
        beyond_rcps=body.manager == "AWS",
        # What only reads is decided and done on one snapshot: there is nothing to decide again.
        epoch=None if call.operation in _READS else EPOCH,
    )


@lru_cache(maxsize=2048)
def _attached(policy: str) -> AttachedPolicy:
    """Keys of one policy text share what is compiled of it; most keys of an account have the default one."""
    return AttachedPolicy(Document.parse(effective(policy), PolicyType.RESOURCE), PolicyType.RESOURCE, "key policy")


def key_context(body: Key, row: Resource[Key]) -> dict[str, ContextValue]:
    """The condition keys that a key's own properties give."""
    context: dict[str, ContextValue] = {
        "kms:keyspec": body.spec,
        "kms:keyusage": body.usage,
        "kms:keyorigin": body.origin,
        "kms:multiregion": "true" if body.multi_region else "false",
        "kms:customermasterkeyspec": body.spec,
        "kms:customermasterkeyusage": body.usage,
    }
    if body.multi_region:
        context["kms:multiregionkeytype"] = "PRIMARY" if body.primary == row.region else "REPLICA"
    return context


def _context(call: Call, reader: Reader, row: Resource[Key], action: str) -> dict[str, ContextValue]:
    body = row.body
    context = key_context(body, row)
    if body.aliases:
        context["kms:resourcealiases"] = body.aliases
    if call.via is not None:
        context["kms:viaservice"] = call.via
    if action in ("DisableKey", "ScheduleKeyDeletion"):
        context["kms:trailingdayswithoutkeyusage"] = str(usage.trailing_days(call, reader, row))
    if action.startswith("ReEncrypt"):
        context["kms:reencryptonsamekey"] = "true" if _same_key(call, reader) else "false"
    return context


def _same_key(call: Call, reader: Reader) -> bool:
    params: dict[str, Any] = call.params
    try:
        destination = key_named(call, reader, params["DestinationKeyId"])
        source = params.get("SourceKeyId")
        if source is not None:
            return key_named(call, reader, source).id == destination.id
        return key_of_ciphertext(call, reader, params["CiphertextBlob"]).id == destination.id
    except (AwsError, KeyError):
        return False


provide_resources("kms", kms_facts)
