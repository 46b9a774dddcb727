"""Keys of known id and material, made at start from a YAML file. For development only: who has the file has the keys.

    keys:
      - id: 11111111-2222-4333-8444-555555555555
        alias: alias/app
        material: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
      - id: mrk-0123456789abcdef0123456789abcdef
        spec: ECC_NIST_P256
        usage: SIGN_VERIFY
        pkcs8: |
          -----BEGIN PRIVATE KEY-----
          ...

Material is hex or base64; a key without any gets fresh material. What one Garrison encrypted with seeded material opens
in every other one that has the same seed. Seeded keys carry the tag `garrison:seeded`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import partial
from typing import Any

import msgspec
from cryptography.hazmat.primitives import serialization

from garrison.access.runtime import Runtime
from garrison.keys import errors as engine
from garrison.keys.material import Place
from garrison.keys.specs import SPECS, SYMMETRIC_DEFAULT
from garrison.policy.document import Document
from garrison.policy.reader import PolicyError
from garrison.policy.request import PolicyType
from garrison.services.kms import key_policy, rows
from garrison.services.kms.domains import current_domain
from garrison.services.kms.errors import validation
from garrison.services.kms.resources import ALIAS, EXTERNAL, KEY, MATERIALS, Alias, Key, Material, row_id
from garrison.store import Transaction

TAG = "garrison:seeded"
CUSTOM_ID = "_custom_id_"
CUSTOM_MATERIAL = "_custom_key_material_"

_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")


class BadSeed(Exception):
    """The file cannot be planted. The text says where and why."""


class SeedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key of a seed."""

    id: str
    account: str | None = None
    """Default: the first account."""
    region: str | None = None
    """Default: the server's."""
    spec: str = SYMMETRIC_DEFAULT
    usage: str | None = None
    """Default: the one the spec has, if it has only one."""
    alias: str | None = None
    aliases: list[str] = []
    description: str = ""
    tags: dict[str, str] = {}
    policy: dict[str, Any] | str | None = None
    """Principals are taken as they are written."""
    origin: str = "AWS_KMS"
    material: str | None = None
    """Of symmetric and HMAC keys: hex or base64."""
    pkcs8: str | None = None
    """Of asymmetric keys: PEM, or base64 of DER."""


class Seed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    keys: list[SeedKey] = []


def read_seed(text: str) -> Seed:
    """The seed in a YAML text. Raises `BadSeed`."""
    try:
        return msgspec.yaml.decode(text, type=Seed)
    except (msgspec.DecodeError, msgspec.ValidationError) as e:
        raise BadSeed(str(e)) from e


def plant(runtime: Runtime, seed: Seed) -> int:
    """Make the keys of a seed that are not there yet; how many that were. Raises `BadSeed`."""
    return sum(runtime.store.writing(partial(_plant, runtime, one)) for one in seed.keys)


def secret_of(one: SeedKey) -> bytes | None:
    """The material of a seeded key as the engine takes it. Raises `ValueError`."""
    if one.pkcs8 is not None:
        if "-----BEGIN" in one.pkcs8:
            key = serialization.load_pem_private_key(one.pkcs8.encode(), None)
            return key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        return base64.b64decode("".join(one.pkcs8.split()), validate=True)
    if one.material is None:
        return None
    return material_bytes(one.material)


def wished_for(
    key_id: str, tags: dict[str, str], *, imported: bool = False
) -> tuple[str, bytes | None, dict[str, str]]:
    """Id, material and tags of a key that is created with LocalStack's tags for them.

    Development only. Raises `ValidationException` for an id or material that cannot be.
    """
    wished, text = tags.get(CUSTOM_ID), tags.get(CUSTOM_MATERIAL)
    if wished is None and text is None:
        return key_id, None, tags
    kept = {name: value for name, value in tags.items() if name != CUSTOM_MATERIAL} | {TAG: "true"}
    if wished is not None and _KEY_ID.fullmatch(wished) is None:
        raise validation(f"{CUSTOM_ID} is no key id: {wished}")
    if wished is not None and wished.startswith("mrk-") != key_id.startswith("mrk-"):
        raise validation(f"{CUSTOM_ID} begins with mrk- for multi-Region keys, and for them only: {wished}")
    if text is not None and imported:
        raise validation(f"{CUSTOM_MATERIAL} is not for keys whose material is to be imported")
    try:
        return wished or key_id, None if text is None else material_bytes(text), kept
    except (ValueError, binascii.Error):
        raise validation(f"{CUSTOM_MATERIAL} is neither hex nor base64") from None


def material_bytes(text: str) -> bytes:
    """Bytes written as hex or base64. Raises `ValueError`."""
    compact = "".join(text.split())
    try:
        return bytes.fromhex(compact)
    except ValueError:
        return base64.b64decode(compact, validate=True)


def _plant(runtime: Runtime, one: SeedKey, tx: Transaction) -> int:
    where = f"key {one.id}"
    if _KEY_ID.fullmatch(one.id) is None:
        raise BadSeed(f"{where}: an id is a UUID in lower case, or mrk- and 32 hex digits")
    account, region = one.account or runtime.first_account, one.region or runtime.region
    if tx.get(KEY, account, one.id, region=region) is not None:
        return 0
    spec = SPECS.get(one.spec)
    if spec is None:
        raise BadSeed(f"{where}: there is no key spec {one.spec}")
    usage = one.usage or (next(iter(spec.usages)) if len(spec.usages) == 1 else None)
    if usage not in spec.usages:
        raise BadSeed(f"{where}: usage is one of {', '.join(spec.usages)}")
    policy = key_policy.default(runtime.partition, account)
    if one.policy is not None:
        policy = one.policy if isinstance(one.policy, str) else json.dumps(one.policy)
    place = Place(account, region, one.id, one.spec, usage, one.origin)
    now = runtime.clock.now()
    materials: tuple[Material, ...] = ()
    try:
        Document.parse(key_policy.effective(policy), PolicyType.RESOURCE)
        secret = secret_of(one)
        domain = current_domain(runtime, tx, account, region, now)
        if secret is not None:
            sealed = runtime.keys.adopt(place, domain, secret, seeded=True)
            materials = (Material(id=sealed.id, since=now, sealed=sealed),)
        elif one.origin != EXTERNAL:
            sealed = runtime.keys.generate(place, domain)
            materials = (Material(id=sealed.id, since=now, sealed=sealed),)
    except PolicyError as e:
        raise BadSeed(f"{where}: {e}") from e
    except engine.IncorrectKeyMaterial as e:
        raise BadSeed(f"{where}: the material is not that of a {one.spec} key") from e
    except (ValueError, TypeError, binascii.Error) as e:
        raise BadSeed(f"{where}: the material cannot be read: {e}") from e
    names = tuple(sorted({*one.aliases, *([one.alias] if one.alias is not None else [])}))
    body = Key(
        spec=one.spec,
        usage=usage,
        policy=policy,
        origin=one.origin,
        description=one.description,
        tags={**one.tags, TAG: "true"},
        aliases=names,
        materials=materials,
        multi_region=one.id.startswith("mrk-"),
        primary=region if one.id.startswith("mrk-") else None,
        regions=(region,) if one.id.startswith("mrk-") else (),
    )
    rows.insert(runtime, tx, KEY, account, one.id, body, id=row_id(region, one.id), region=region, created=now)
    for material in materials:
        tx.set_lookup(MATERIALS, f"{region}/{material.id}", row_id(region, one.id))
    for name in names:
        if not name.startswith("alias/"):
            raise BadSeed(f"{where}: an alias begins with alias/, not {name!r}")
        if tx.get(ALIAS, account, name, region=region) is not None:
            raise BadSeed(f"{where}: there is an {name} already")
        rows.insert(
            runtime, tx, ALIAS, account, name, Alias(key=one.id),
            id=f"{region}/{account}/{name}", region=region, created=now,
        )  # fmt: skip
    return 1
