"""Modules of the kernel that are loaded for whoever asks."""

from __future__ import annotations

import re

from garrison.scan.host_checks.check import Verdict, host_check, settled
from garrison.scan.host_checks.files import HostFiles

_FOLDERS = ("etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d")
_FIX = "install NAME /bin/false in /etc/modprobe.d/NAME.conf; modprobe -r NAME"


def _open(host: HostFiles, *names: str) -> Verdict:
    """Those of `names` that are loaded, or that nothing keeps from being loaded. `blacklist` alone does not: it only
    keeps a module from being loaded for a device, not by name (modprobe.d(5))."""
    lines = [line for folder in _FOLDERS for path in host.glob(folder, "*.conf") for line in host.lines(path)]
    stopped = {
        m[1].replace("-", "_")
        for line in lines
        if (m := re.match(r"install\s+(\S+)\s+/(?:usr/)?s?bin/(?:true|false)\b", line))
    }
    loaded = {line.split()[0] for line in host.lines("proc/modules")}
    wrong = []
    for name in names:
        if name.replace("-", "_") in loaded:
            wrong.append(f"{name}: loaded")
        elif name.replace("-", "_") not in stopped and not _absent(host, name):
            wrong.append(f"{name}: nothing keeps it from being loaded")
    return settled(wrong, good="None can be loaded.", bad="Modules that can be loaded.")


def _absent(host: HostFiles, name: str) -> bool:
    """Whether every installed kernel lacks the module; not known without a list of its modules."""
    lists = [
        f"{base}/{kernel}/modules.dep" for base in ("usr/lib/modules", "lib/modules") for kernel in host.names(base)
    ]
    texts = [text for path in lists if (text := host.text(path)) is not None]
    pattern = re.compile(
        rf"(?:^|/){re.escape(name).replace('_', '[-_]').replace(chr(92) + '-', '[-_]')}\.ko", re.MULTILINE
    )
    return bool(texts) and not any(pattern.search(text) for text in texts)


@host_check("modules.rare-file-systems", "Rare file systems cannot be mounted", level=1, fix=_FIX)
def rare_file_systems(host: HostFiles) -> Verdict:
    """Reads modprobe.d and /proc/modules for cramfs, freevxfs, hfs, hfsplus and jffs2. Nobody has looked at them for
    years; a prepared disk or image finds their flaws."""
    return _open(host, "cramfs", "freevxfs", "hfs", "hfsplus", "jffs2")


@host_check("modules.udf", "UDF disks cannot be mounted", level=2, fix=_FIX)
def udf(host: HostFiles) -> Verdict:
    """Reads modprobe.d and /proc/modules for udf. Azure's machines need it to start: except them."""
    return _open(host, "udf")


@host_check("modules.usb-storage", "USB disks cannot be used", level=1, fix=_FIX)
def usb_storage(host: HostFiles) -> Verdict:
    """Reads modprobe.d and /proc/modules for usb-storage: how data leaves and malware enters machines without a net."""
    return _open(host, "usb-storage")


@host_check("modules.rare-protocols", "Rare network protocols cannot be used", level=2, fix=_FIX)
def rare_protocols(host: HostFiles) -> Verdict:
    """Reads modprobe.d and /proc/modules for dccp, tipc, rds and sctp, which any user's program can have loaded, and
    whose flaws have made many a user root."""
    return _open(host, "dccp", "tipc", "rds", "sctp")
