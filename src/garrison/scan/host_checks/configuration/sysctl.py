"""Parameters of the kernel: what is in force, and what will be after the next start.

sysctl.d(5): of files with the same name the one in etc hides those in run, usr/local/lib and usr/lib; all are read in
the order of their names, the last value counts; sysctl.conf comes last of all (procps)."""

from __future__ import annotations

import posixpath

from garrison.scan.host_checks.check import Verdict, settled
from garrison.scan.host_checks.files import HostFiles

Wanted = dict[str, tuple[tuple[str, ...], str]]
"""Parameter -> the values that are good, and the kernel's own value."""
_FOLDERS = ("usr/lib/sysctl.d", "usr/local/lib/sysctl.d", "run/sysctl.d", "etc/sysctl.d")


def configured(host: HostFiles) -> dict[str, str]:
    """What is set at start, by name with dots. `-name` (a failure to set it does not matter) counts like `name`."""
    files: dict[str, str] = {}
    for folder in _FOLDERS:
        for path in host.glob(folder, "*.conf"):
            files[posixpath.basename(path)] = path
    paths = [*(files[name] for name in sorted(files)), "etc/sysctl.conf"]
    made: dict[str, str] = {}
    for path in paths:
        for line in host.lines(path):
            name, equals, value = line.lstrip("-").partition("=")
            if equals and not line.startswith(";"):
                made[name.strip().replace("/", ".")] = value.strip()
    return made


def running(host: HostFiles, name: str) -> str | None:
    """What is in force; None: it cannot be seen (no /proc below this root, or no such parameter)."""
    text = host.text("proc/sys/" + name.replace(".", "/"))
    return None if text is None else text.strip()


def judged(host: HostFiles, wanted: Wanted) -> Verdict:
    """Each parameter with its good values and the kernel's own value. What runs must be good and what is configured
    too; where the running value cannot be seen, the configured one (else the kernel's own) speaks."""
    written = configured(host)
    wrong = []
    for name, (good, own) in wanted.items():
        now, then = running(host, name), written.get(name)
        if then is None and ".conf.all." not in name and (glob := _by_pattern(written, name)) is not None:
            then = glob
        if now is not None and now not in good:
            wrong.append(f"{name} = {now} (running)")
        elif then is not None and then not in good:
            wrong.append(f"{name} = {then} (configured)")
        elif now is None and then is None and own not in good:
            wrong.append(f"{name} = {own} (the kernel's own; not configured)")
    return settled(wrong, good="All are as they should be.", bad="Parameters of the kernel that are too loose.")


def _by_pattern(written: dict[str, str], name: str) -> str | None:
    """`net.ipv4.conf.*.rp_filter`, as systemd's own files have it, reaches each interface that is not named."""
    parts = name.split(".")
    return written.get(".".join([*parts[:-2], "*", parts[-1]])) if len(parts) == 5 else None
