"""Agreements that can be entered, as the operator's file or the package has them."""

from __future__ import annotations

import hashlib
import uuid
from functools import lru_cache
from importlib import resources

import msgspec
import yaml

from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError

_SPACE = uuid.UUID("0e1b0c56-7a3e-4d0b-9f57-3c2f7b1f7a10")
_BUILT_IN = resources.files("garrison.services.artifact") / "data" / "agreements.yaml"
OWN = "agreements.yaml"


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One agreement."""

    id: str
    title: str
    kind: str
    """What frameworks ask for: `BAA`."""
    regulations: tuple[str, ...]
    """Regulations that require it of an account subject to them."""
    description: str
    acceptance_terms: tuple[str, ...]
    terminate_terms: tuple[str, ...]
    text: str
    organization: bool = False
    """Whether it is entered for all accounts of an organization, by its management account."""

    @property
    def revision(self) -> str:
        """A UUID that moves with every change of what is agreed to."""
        return str(uuid.uuid5(_SPACE, "\0".join((self.id, self.text, *self.acceptance_terms, *self.terminate_terms))))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class Offers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What there is to enter, and what is promised before reading it."""

    nda: str
    agreements: tuple[Offer, ...]

    def find(self, id: str) -> Offer | None:
        return next((one for one in self.agreements if one.id == id), None)

    @property
    def regulations(self) -> frozenset[str]:
        """Regulations some agreement is for."""
        return frozenset(name for one in self.agreements for name in one.regulations)


def offers(runtime: Runtime) -> Offers:
    """As they stand. Raises `InternalServerException` for an operator's file that cannot be read."""
    own = None if runtime.artifacts is None else runtime.artifacts / OWN
    try:
        if own is not None and own.exists():
            return _read(own.read_bytes())
        return _read(_BUILT_IN.read_bytes())
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as e:
        raise AwsError("InternalServerException", f"The agreements cannot be read: {e}", status=500) from e


@lru_cache(maxsize=4)
def _read(text: bytes) -> Offers:
    return msgspec.convert(yaml.safe_load(text), Offers)
