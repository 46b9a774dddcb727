"""What a running Garrison lends to every call: store, clock, seal, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from garrison.access.guarding import Guarding
from garrison.access.objects import Objects, Several
from garrison.access.ports import Edge
from garrison.access.telling import Outlets
from garrison.aws.clock import Clock, SystemClock
from garrison.aws.generations import Generations
from garrison.keys.engine import KeyEngine
from garrison.keys.seal import Seal
from garrison.store import Store
from garrison.trail.log import Trail


@dataclass(slots=True, frozen=True)
class Runtime:
    """One Garrison. Operations reach it as `call.runtime`."""

    store: Store
    seal: Seal
    clock: Clock = field(default_factory=SystemClock)
    partition: str = "aws"
    region: str = "us-east-1"
    """The region assumed where a request names none."""
    trail: Trail | None = None
    """Where calls are recorded; None only where nothing asks for it (tests of one service)."""
    permissive: bool = False
    """Let denied calls through, recorded as would-be denials; unknown access keys are the first account's root."""
    development: bool = False
    """What is for development only is allowed: a clock that is put forward, keys of known material."""
    seed: Path | None = None
    """YAML of keys that are there from the start, in development."""
    first_account: str = "123456789012"
    evidence: Path | None = None
    """Where assessments of these accounts leave their records; None where nothing asks for them."""
    artifacts: Path | None = None
    """Where reports and agreements lie, sealed; None where nothing asks for them."""
    vulnerabilities: Path | None = None
    """The vulnerability database's file, whether there is one yet or not; None where nothing asks for it."""
    buckets: Path | None = None
    """Directories that stand for S3 buckets services deliver to, by the bucket's name; None where there are none."""
    quotas: Mapping[str, int] = field(default_factory=dict)
    """Quotas the operator raised (or lowered), by the name AWS's errors give them: `UsersPerAccount`."""
    edge: Edge = field(default_factory=Edge)
    """Where load balancers and distributions listen."""
    plans: Generations[Any, Any] = field(default_factory=lambda: Generations(8192), compare=False, repr=False)
    """What `access.plan` has gathered of principals; each entry knows the epochs it holds for."""
    tokens: Generations[str, Any] = field(default_factory=lambda: Generations(8192), compare=False, repr=False)
    """Session tokens `access.tokens` has opened."""
    identity_ca: str | None = None
    """File of further certificate authorities (PEM) that certificates of identity providers and of external key store
    proxies may come from."""
    xks_proxies: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """External key store proxies that are not at a public address: host -> (address, port)."""
    identity_keys: Generations[str, Any] = field(default_factory=lambda: Generations(512), compare=False, repr=False)
    """Keys of OpenID Connect providers as fetched, by issuer, with when that was."""
    wrong_codes: Generations[str, tuple[float, int]] = field(
        default_factory=lambda: Generations(8192), compare=False, repr=False
    )
    """One-time passwords guessed wrongly in this process, by MFA device: since when, and how many."""
    objects: Objects = field(default_factory=Several, compare=False, repr=False)
    """Buckets: folders that stand for them, and the upstream's."""
    outlets: Outlets = field(default_factory=Outlets)
    """Where Artifact tells of new reports and changed agreements, beside its file."""
    guarding: Guarding = field(default_factory=Guarding)
    """What GuardDuty was given beside its API."""
    keys: KeyEngine = field(init=False, compare=False, repr=False)
    """The key engine, under the same root key as `seal`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", KeyEngine(self.seal.root))
