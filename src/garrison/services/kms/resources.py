"""What KMS stores.

- `KEY`: name is the key id, region its Region, id `REGION/KEY-ID`; a multi-Region key has a row in each of its Regions
- `ALIAS`: name with its prefix (`alias/app`), id `REGION/ACCOUNT/alias/app`
- `GRANT`: parent is the key's row id, name is the grant id, id `REGION/GRANT-ID`

The names of a key's aliases stand in the key's own row as well: policies ask for them with every use of the key.

Links: `GRANTED`: `KEY-ROW|GRANTEE|OPERATION` -> grant row; `GRANTEES`: `KEY-ROW|GRANTEE` -> grant row; `RETIRABLE`:
retiring principal -> grant row. Lookups: `GRANT_NAMES`: key row, name and what was asked for -> grant row; `MATERIALS`:
`REGION/KEY-MATERIAL-ID` -> key row.
"""

from __future__ import annotations

import msgspec

from garrison.keys.material import KeyMaterial
from garrison.services.kms.rows import Protected
from garrison.store import Kind

GRANTED = "kms.granted"
GRANTEES = "kms.grantees"
RETIRABLE = "kms.retirable"
GRANT_NAMES = "kms.grant-names"
MATERIALS = "kms.materials"

AWS_KMS = "AWS_KMS"
EXTERNAL = "EXTERNAL"
AWS_CLOUDHSM = "AWS_CLOUDHSM"
EXTERNAL_KEY_STORE = "EXTERNAL_KEY_STORE"


class Material(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key material of a key."""

    id: str
    """64 hex digits."""
    since: float | None = None
    """When it became current; None for one that is still to."""
    rotation: str | None = None
    """`AUTOMATIC` or `ON_DEMAND`; None for the first."""
    sealed: KeyMaterial | None = None
    """The material itself; None while imported material is away."""
    valid_to: float | None = None
    """When imported material expires; None: it does not."""
    description: str | None = None


class Key(Protected, frozen=True, omit_defaults=True, kw_only=True):
    """A KMS key. Its state is made of this and the time: see `states`."""

    spec: str
    usage: str
    policy: str
    """The key policy, its principals as unique ids."""
    origin: str = AWS_KMS
    manager: str = "CUSTOMER"
    description: str = ""
    enabled: bool = True
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    materials: tuple[Material, ...] = ()
    """In the order in which they became current; those that are still to come last."""
    multi_region: bool = False
    primary: str | None = None
    """Region of the primary key of a multi-Region key."""
    regions: tuple[str, ...] = ()
    """Every Region a multi-Region key is in, the primary's first. Kept the same in all of its rows."""
    deletion: float | None = None
    """When the key is deleted; None also for a primary key that waits for its replicas to go."""
    window: int | None = None
    """Days of waiting that deletion was asked for with; None: no deletion is pending."""
    rotation_period: int | None = None
    """Days between automatic rotations; None: there are none."""
    rotates: float | None = None
    """When the next automatic rotation is due."""
    on_demand: int = 0
    """Rotations on demand so far."""
    transient: str | None = None
    """`Creating` or `Updating`, until `settled`."""
    settled: float = 0.0
    store: str | None = None
    """Custom key store."""
    external_id: str | None = None
    """The key's id behind an external key store proxy."""
    cluster: str | None = None

    @property
    def current(self) -> Material | None:
        """The material that encrypts, signs and derives; None before the first import."""
        found = None
        for material in self.materials:
            if material.since is not None:
                found = material
        return found


class Alias(Protected, frozen=True, omit_defaults=True, kw_only=True):
    """An alias and the id of the key it stands for."""

    key: str


class Grant(Protected, frozen=True, omit_defaults=True, kw_only=True):
    """A grant. Principals are kept as unique ids where they have one."""

    operations: tuple[str, ...]
    issuing_account: str
    """ARN of the issuing account's root user."""
    name: str | None = None
    grantee: str | None = None
    grantee_service: str | None = None
    retiring: str | None = None
    retiring_service: str | None = None
    equals: dict[str, str] | None = None
    """`EncryptionContextEquals`."""
    subset: dict[str, str] | None = None
    """`EncryptionContextSubset`."""
    source_arn: str | None = None


KEY = Kind("kms.key", Key)
ALIAS = Kind("kms.alias", Alias)
GRANT = Kind("kms.grant", Grant)


def row_id(region: str, key_id: str) -> str:
    """The id of a key's row."""
    return f"{region}/{key_id}"
