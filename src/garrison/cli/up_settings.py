"""What `garrison up` is told, as the settings of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from garrison.access.guarding import DETECTION_RULES, Guarding
from garrison.access.telling import Outlets
from garrison.edge.limits import limits_of
from garrison.gateway.settings import Settings


def settings_of(options: dict[str, Any], data_dir: Path) -> Settings:
    """The options of `up` as settings. Raises `click.UsageError` where one cannot be read."""
    return Settings(
        host=options["host"],
        port=options["port"],
        signin_port=options["signin_port"],
        data_dir=data_dir,
        database=options["database"],
        account_id=options["account_id"],
        region=options["region"],
        permissive=options["permissive"],
        development=options["development"],
        seed=options["seed"],
        seal=options["seal"],
        root_key_file=options["root_key_file"],
        accept_file_seal=options["accept_file_seal"],
        workers=options["workers"],
        tls=options["tls"],
        trusted_hops=tuple(options["trusted_hop"]),
        quotas=_quotas(options["quota"]),
        xks_proxies=_xks_proxies(options["xks_proxy"]),
        identity_ca=options["identity_ca"],
        vulnerabilities=options["inspector_database"],
        upstreams=options["upstream"],
        upstream_account=options["upstream_account"],
        upstream_access_key_id=options["upstream_access_key_id"],
        upstream_secret_access_key=options["upstream_secret_access_key"],
        upstream_session_token=options["upstream_session_token"],
        upstream_ttl=options["upstream_ttl"],
        upstream_timeout=options["upstream_timeout"],
        edge=options["edge"],
        edge_host=options["edge_host"],
        edge_ports=_ports(options["edge_ports"]),
        edge_workers=options["edge_workers"],
        edge_limits=_edge_limits(options["edge_limit"]),
        geo_databases=tuple(path.absolute() for path in options["geo_database"]),
        shield_learning=options["shield_learning"],
        shield_webhook=options["shield_webhook"],
        shield_smtp=options["shield_smtp"],
        artifact=Outlets(webhook=options["artifact_webhook"], smtp=options["artifact_smtp"]),
        guarding=Guarding(
            list_urls=tuple(options["guardduty_list_url"]),
            publish_seconds=options["guardduty_publish_seconds"],
            webhook=options["guardduty_webhook"],
            scan_rules=tuple(options["malware_rules"]),
            clamd=options["clamd"],
            loopback=options["guardduty_loopback"],
            detection_rules=data_dir.absolute() / DETECTION_RULES,
        ),
        instances=_instances(options["instance"]),
        ephemeral=options["ephemeral"],
        log_level=options["log_level"],
    )


def _ports(given: str | None) -> tuple[int, int] | None:
    if given is None:
        return None
    first, _, last = given.partition("-")
    if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit() and len(given) < 12):
        raise click.UsageError(f"--edge-ports takes FIRST-LAST, not {given!r}.")
    if not 1 <= int(first) <= int(last) <= 65535:
        raise click.UsageError(f"--edge-ports takes ports from 1 to 65535 in their order, not {given!r}.")
    return int(first), int(last)


def _instances(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given:
        id, _, host = pair.partition("=")
        if not (id.startswith("i-") and host):
            raise click.UsageError(f"--instance takes ID=HOST, not {pair!r}.")
        found[id] = host
    return found


def _xks_proxies(given: tuple[str, ...]) -> dict[str, tuple[str, int]]:
    proxies: dict[str, tuple[str, int]] = {}
    for pair in given:
        host, _, place = pair.partition("=")
        address, _, port = place.rpartition(":")
        if not host or not address or not (port.isascii() and port.isdigit() and int(port) < 65536):
            raise click.UsageError(f"--xks-proxy takes HOST=ADDRESS:PORT, not {pair!r}.")
        proxies[host] = address.strip("[]"), int(port)
    return proxies


def _edge_limits(given: tuple[str, ...]) -> dict[str, float]:
    limits: dict[str, float] = {}
    for pair in given:
        name, _, number = pair.partition("=")
        try:
            limits[name] = float(number)
        except ValueError:
            raise click.UsageError(f"--edge-limit takes NAME=N, not {pair!r}.") from None
    try:
        limits_of(limits)
    except ValueError as e:
        raise click.UsageError(f"--edge-limit: {e}.") from None
    return limits


def _quotas(given: tuple[str, ...]) -> dict[str, int]:
    quotas: dict[str, int] = {}
    for pair in given:
        name, _, number = pair.partition("=")
        if not (name.isidentifier() and number.isascii() and number.isdigit()):
            raise click.UsageError(f"--quota takes NAME=N, not {pair!r}.")
        quotas[name] = int(number)
    return quotas
