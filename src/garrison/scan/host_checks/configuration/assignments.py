"""Files of settings: `KEY value`, `KEY=value`, and systemd's, with drop-ins beside them."""

from __future__ import annotations

import posixpath
import re

from garrison.scan.host_checks.files import HostFiles

_LINE = re.compile(r"([A-Za-z][\w.-]*)\s*(?:=|\s)\s*(.*)")


def settings(host: HostFiles, *paths: str) -> dict[str, str]:
    """Settings of the files in their order, the last one counts; quotes around values are taken off."""
    made: dict[str, str] = {}
    for path in paths:
        for line in host.lines(path):
            if match := _LINE.fullmatch(line):
                made[match[1]] = match[2].partition(" #")[0].strip().strip("\"'")
    return made


def systemd(host: HostFiles, name: str) -> dict[str, str]:
    """Settings of `systemd/NAME`: of its main file (etc before usr/lib), then of its drop-ins, by name.

    systemd's own rule, journald.conf(5): a drop-in in etc hides one of the same name in usr/lib.
    """
    main = next(
        (p for p in (f"etc/systemd/{name}", f"run/systemd/{name}", f"usr/lib/systemd/{name}") if host.exists(p)), ""
    )
    drop_ins: dict[str, str] = {}
    for folder in ("usr/lib", "usr/local/lib", "run", "etc"):
        for path in host.glob(f"{folder}/systemd/{name}.d", "*.conf"):
            drop_ins[posixpath.basename(path)] = path
    paths = [main] if main else []
    return settings(host, *paths, *(drop_ins[file] for file in sorted(drop_ins)))
