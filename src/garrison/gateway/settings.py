"""How one Garrison is set up."""

from __future__ import annotations

from pathlib import Path

import msgspec

from garrison.access.guarding import Guarding
from garrison.access.telling import Outlets


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `garrison up` was asked for."""

    host: str = "127.0.0.1"
    port: int = 4590
    """0 takes any free port."""
    signin_port: int | None = None
    """Where people sign in; None: the port after `port`, or any free one if that is taken; 0: any free one."""
    data_dir: Path
    database: str | None = None
    """A database URL (`postgresql+psycopg://...`); None: SQLite in the data directory."""
    account_id: str = "123456789012"
    """The first account, made at first start."""
    region: str = "us-east-1"
    permissive: bool = False
    development: bool = False
    """Allow what is for development only: a clock that is put forward, keys of known material."""
    seed: Path | None = None
    """YAML of keys to make at start; development only."""
    seal: str = "file"
    """What a new root key is sealed under; the database says what an existing one is."""
    root_key_file: Path | None = None
    """The secret of the file seal; None: `root.key` in the data directory."""
    accept_file_seal: bool = False
    """Let others than this machine in although the root key lies beside the database."""
    workers: int = 1
    tls: bool = False
    """Serve HTTPS, by a development CA of this data directory unless `certificate` and `private_key` are given."""
    certificate: Path | None = None
    private_key: Path | None = None
    trusted_hops: tuple[str, ...] = ()
    """CIDRs of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    identity_ca: Path | None = None
    """Certificate authorities (PEM) that identity providers' certificates may come from, beside the system's."""
    xks_proxies: dict[str, tuple[str, int]] = {}
    """External key store proxies that are not at a public address: host -> (address, port)."""
    quotas: dict[str, int] = {}
    """Quotas other than AWS's defaults, by the name its errors give them: `UsersPerAccount`."""
    vulnerabilities: Path | None = None
    """The vulnerability database; None: `inspector/vulnerabilities.db` of the data directory."""
    upstreams: tuple[str, ...] = ()
    """Endpoints that have what Garrison lacks: `URL`, or `service=URL`."""
    upstream_account: str | None = None
    """Whose the upstreams' resources are; None: the first account."""
    upstream_access_key_id: str = "test"
    upstream_secret_access_key: str = "test"  # noqa: S105
    upstream_session_token: str | None = None
    upstream_ttl: float = 5.0
    """Seconds that policies and tags read from an upstream are believed."""
    upstream_timeout: float = 60.0
    """Seconds an upstream may give no sign of life."""
    edge: str = "auto"
    """What serves load balancers and distributions: `envoy`, `embedded`, `off`; `auto`: Envoy where it is installed."""
    edge_host: str | None = None
    """The address they listen on; None: `host`."""
    edge_ports: tuple[int, int] | None = None
    """The first and the last port they may have (see `access.ports`)."""
    edge_workers: int = 1
    """Processes that inspect requests. Each counts rates for itself."""
    edge_limits: dict[str, float] = {}
    """Limits of its listeners other than the defaults, by name (`edge.limits.Limits`)."""
    geo_databases: tuple[Path, ...] = ()
    """MaxMind databases (country or city, ASN) by which requests are located; without them nothing is known."""
    shield_learning: str = "normal"
    """How long traffic is watched before floods are told from it: `normal` (ten minutes) or `fast` (ten seconds)."""
    shield_webhook: str | None = None
    """Where attacks are told of, for accounts with proactive engagement (POST, JSON)."""
    shield_smtp: str | None = None
    """By whom their emergency contacts are: `smtp://[user:password@]host[:port][/sender]`, `smtps` for TLS."""
    artifact: Outlets = Outlets()
    """Where Artifact tells subscribers of new reports and changed agreements."""
    guarding: Guarding = Guarding()
    """What GuardDuty is given beside its API."""
    instances: dict[str, str] = {}
    """Where the applications of EC2 instances are: instance id -> host."""
    ephemeral: bool = False
    """Keep everything in a temporary directory that goes with the server."""
    log_level: str = "warning"
    max_connections: int = 1000
    header_timeout: float = 10.0
    """Seconds a client has for its request line and headers."""
    body_timeout: float = 30.0
    """Seconds a client may keep us waiting for the next part of a body."""
    keep_alive: float = 65.0
    """Seconds an idle connection is kept."""
    body_limit: int = 1024 * 1024
    """Bytes of a request body."""
