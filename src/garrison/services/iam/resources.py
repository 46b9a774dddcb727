"""What IAM stores.

Inline policies live in their owner's body, policy versions in their policy's. Links:

- `MEMBER`: user id -> group id
- `ATTACHED`: user, group or role id -> managed policy ARN (AWS managed policies have no row, so the ARN is the target)
- `BOUNDARY`: user or role id -> managed policy ARN
- `PROFILE_ROLE`: instance profile id -> role id
- `MFA`: user id (or account id for root) -> serial number of a device enabled for it

Names are unique per account regardless of case (IAM user guide, "IAM and AWS STS quotas").
"""

from __future__ import annotations

import msgspec

from garrison.store import Kind

MEMBER = "iam.member"
ATTACHED = "iam.attached"
BOUNDARY = "iam.boundary"
PROFILE_ROLE = "iam.profile-role"
MFA = "iam.mfa"

EPOCH = "iam"
"""Epoch domain bumped by everything that changes what a principal of an account may do."""


class LastUsed(msgspec.Struct, frozen=True, omit_defaults=True):
    """When, where and for what something was used last. `date` is seconds since the epoch."""

    date: float
    region: str = ""
    service: str = ""


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    """A user; row name is the user name as given, row id the AIDA id."""

    path: str = "/"
    tags: dict[str, str] = {}
    boundary: str | None = None
    inline: dict[str, str] = {}
    """Inline policies: name -> document as given."""
    password_last_used: float | None = None


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """A group; row id is the AGPA id."""

    path: str = "/"
    inline: dict[str, str] = {}


class Role(msgspec.Struct, frozen=True, omit_defaults=True):
    """A role; row id is the AROA id."""

    trust: str
    """The trust policy with principals as unique ids (see `services.iam.trust`), to be rendered as ARNs on reading."""
    path: str = "/"
    description: str | None = None
    max_session_duration: int = 3600
    tags: dict[str, str] = {}
    boundary: str | None = None
    inline: dict[str, str] = {}
    last_used: LastUsed | None = None
    service_linked: bool = False


class PolicyVersion(msgspec.Struct, frozen=True):
    """One version of a managed policy: id `v1`, its document as given, when it was made."""

    id: str
    document: str
    created: float


class ManagedPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer managed policy; row id is the ANPA id."""

    default_version: str
    versions: tuple[PolicyVersion, ...]
    next_version: int
    path: str = "/"
    description: str | None = None
    tags: dict[str, str] = {}


class InstanceProfile(msgspec.Struct, frozen=True, omit_defaults=True):
    """An instance profile; row id is the AIPA id."""

    path: str = "/"
    tags: dict[str, str] = {}


class AccessKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A long-term access key; row name and id are the key id, row parent the user id (or the account id for root)."""

    sealed_secret: bytes
    """Opened with `seal.open("access-key", sealed_secret, key_id)`."""
    status: str = "Active"
    last_used: LastUsed | None = None


class LoginProfile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A console password; row name is `login`, row parent and id are the user id (or the account id for root)."""

    password_hash: str
    """Argon2id, PHC string."""
    reset_required: bool = False
    changed: float = 0.0
    history: tuple[str, ...] = ()
    """Hashes of earlier passwords, newest first, for reuse prevention."""
    last_used: float | None = None
    """When root signed in with it; a user's is in the user's row (`password_last_used`)."""


class MfaDevice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A virtual MFA device; row name is its name without path, row parent its path, row id its serial number (ARN)."""

    sealed_seed: bytes
    """Opened with `seal.open("totp-seed", sealed_seed, serial)`: the raw (not base32) seed."""
    path: str = "/"
    tags: dict[str, str] = {}
    owner: str | None = None
    """User id (or account id for root) it is enabled for; None while unassigned."""
    enabled: float | None = None
    last_step: int | None = None
    """The newest TOTP step accepted: it and every earlier one are refused from then on."""
    drift: int = 0
    """Steps the device's clock is off, learned by resynchronizing."""


class PasswordPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """The account's password policy; row name is `password-policy`. Defaults are UpdateAccountPasswordPolicy's."""

    minimum_length: int = 6
    require_symbols: bool = False
    require_numbers: bool = False
    require_uppercase: bool = False
    require_lowercase: bool = False
    allow_users_to_change: bool = False
    max_age: int | None = None
    reuse_prevention: int | None = None
    hard_expiry: bool | None = None


class OidcProvider(msgspec.Struct, frozen=True, omit_defaults=True):
    """An OpenID Connect provider; row name is its URL without scheme, exactly as given, row id its ARN."""

    client_ids: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    scheme: str = "https"
    """`http` for a provider on this machine."""


class SamlKey(msgspec.Struct, frozen=True):
    """A private key that assertions may be encrypted for."""

    id: str
    created: float
    sealed: bytes
    """Opened with `seal.open("saml-private-key", sealed, key_id)`: PKCS #8, DER."""


class SamlProvider(msgspec.Struct, frozen=True, omit_defaults=True):
    """A SAML provider; row id is its ARN. What is used of the metadata is kept beside it."""

    metadata: str
    entity_id: str
    certificates: tuple[bytes, ...]
    """Signing certificates (DER)."""
    valid_until: float
    uuid: str
    tags: dict[str, str] = {}
    encryption_mode: str | None = None
    """`Required` or `Allowed`."""
    private_keys: tuple[SamlKey, ...] = ()


USER = Kind("iam.user", User, fold=str.lower)
GROUP = Kind("iam.group", Group, fold=str.lower)
ROLE = Kind("iam.role", Role, fold=str.lower)
POLICY = Kind("iam.policy", ManagedPolicy, fold=str.lower)
INSTANCE_PROFILE = Kind("iam.instance-profile", InstanceProfile, fold=str.lower)
ACCESS_KEY = Kind("iam.access-key", AccessKey)
LOGIN_PROFILE = Kind("iam.login-profile", LoginProfile)
MFA_DEVICE = Kind("iam.mfa-device", MfaDevice, fold=str.lower)
PASSWORD_POLICY = Kind("iam.password-policy", PasswordPolicy)
OIDC_PROVIDER = Kind("iam.oidc-provider", OidcProvider)
SAML_PROVIDER = Kind("iam.saml-provider", SamlProvider, fold=str.lower)
