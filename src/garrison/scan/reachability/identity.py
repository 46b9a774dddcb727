"""Which instance a host is to Inspector."""

from __future__ import annotations

import hashlib
import posixpath


def host_resource_id(machine_id: str) -> str:
    """`i-` and 17 hexadecimal digits, as an instance's id has to look; the same for a machine as long as its
    machine-id is. The id itself is not told, as machine-id(5) asks."""
    return "i-" + hashlib.sha256(b"garrison-inspector:" + machine_id.encode()).hexdigest()[:17]


def machine_id(root: str = "/") -> str:
    """What etc/machine-id says, else D-Bus's. Raises `LookupError` for a host that has none (an image not started
    yet)."""
    for path in ("etc/machine-id", "var/lib/dbus/machine-id"):
        try:
            with open(posixpath.join(root, path), encoding="ascii", errors="replace") as file:
                text = file.read(64).strip()
        except OSError:
            continue
        if len(text) == 32 and all(c in "0123456789abcdef" for c in text):
            return text
    raise LookupError(f"{root} has no machine-id (etc/machine-id)")
