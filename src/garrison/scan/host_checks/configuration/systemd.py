"""systemd's units: which are started, as the links of `systemctl enable` say."""

from __future__ import annotations

from garrison.scan.host_checks.files import HostFiles

_UNITS = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")


def enabled(host: HostFiles, *units: str) -> list[str]:
    """Those of `units` (with their ending) that some target or socket starts. A masked unit (a link to /dev/null, which
    is no file below a root) is started by nobody; a link in `init.d`'s rc folders counts for hosts without systemd."""
    wanted = set(units)
    found: set[str] = set()
    for base in _UNITS:
        for name in host.names(base):
            if name.endswith((".wants", ".requires")):
                found |= wanted.intersection(host.names(f"{base}/{name}"))
    found = {unit for unit in found if not masked(host, unit)}
    for level in ("etc/rc2.d", "etc/rc3.d", "etc/rc5.d", "etc/runlevels/default"):
        started = {name.lstrip("S0123456789") for name in host.names(level) if name[:1] != "K"}
        if not host.exists("usr/lib/systemd/systemd") and not host.exists("lib/systemd/systemd"):
            found |= {unit for unit in wanted if unit.removesuffix(".service") in started}
    return sorted(found)


def masked(host: HostFiles, unit: str) -> bool:
    """Whether `systemctl mask` was said of it."""
    path = f"etc/systemd/system/{unit}"
    return host.listed(path) and not host.text(path)


def present(host: HostFiles) -> bool:
    """Whether the host has systemd at all."""
    return any(host.exists(f"{base}/systemd/systemd") for base in ("usr/lib", "lib"))
