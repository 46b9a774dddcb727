"""The kernel: what it gives away of itself and of processes."""

from __future__ import annotations

from garrison.scan.host_checks.check import Verdict, host_check, passed, settled
from garrison.scan.host_checks.configuration import sysctl
from garrison.scan.host_checks.configuration.assignments import systemd
from garrison.scan.host_checks.files import HostFiles

_FIX = "in /etc/sysctl.d/60-hardening.conf; sysctl --system"


@host_check(
    "kernel.address-randomization",
    "Addresses of programs are random",
    level=1,
    fix=f"kernel.randomize_va_space = 2 {_FIX}",
)
def address_randomization(host: HostFiles) -> Verdict:
    """Reads kernel.randomize_va_space: 2. An attacker who knows where code and data lie needs one flaw instead of
    two."""
    return sysctl.judged(host, {"kernel.randomize_va_space": (("2",), "2")})


@host_check(
    "kernel.ptrace",
    "A process is debugged by its parent or root alone",
    level=1,
    fix=f"kernel.yama.ptrace_scope = 1 {_FIX}",
)
def ptrace(host: HostFiles) -> Verdict:
    """Reads kernel.yama.ptrace_scope: 1 or more. Else each program of a user reads the keys and passwords in his
    others."""
    return sysctl.judged(host, {"kernel.yama.ptrace_scope": (("1", "2", "3"), "0")})


@host_check("kernel.log", "The kernel's log is root's to read", level=1, fix=f"kernel.dmesg_restrict = 1 {_FIX}")
def log(host: HostFiles) -> Verdict:
    """Reads kernel.dmesg_restrict: 1. The log tells addresses and devices that exploits look for."""
    return sysctl.judged(host, {"kernel.dmesg_restrict": (("1",), "0")})


@host_check(
    "kernel.pointers", "The kernel shows its addresses to root at most", level=1, fix=f"kernel.kptr_restrict = 1 {_FIX}"
)
def pointers(host: HostFiles) -> Verdict:
    """Reads kernel.kptr_restrict: 1 or 2. With 0, /proc tells where the kernel's functions lie."""
    return sysctl.judged(host, {"kernel.kptr_restrict": (("1", "2"), "0")})


@host_check(
    "kernel.links",
    "Links in shared folders lead nobody astray",
    level=1,
    fix=f"fs.protected_hardlinks = 1 and fs.protected_symlinks = 1 {_FIX}",
)
def links(host: HostFiles) -> Verdict:
    """Reads fs.protected_hardlinks and fs.protected_symlinks: 1. A link in /tmp must not make root write elsewhere. The
    kernel's own value is 0; systemd ships a file that sets 1."""
    names = ("fs.protected_hardlinks", "fs.protected_symlinks")
    return sysctl.judged(host, dict.fromkeys(names, (("1",), "0")))


@host_check(
    "kernel.setuid-dumps",
    "Programs that run as somebody else leave no core dump",
    level=1,
    fix=f"fs.suid_dumpable = 0 {_FIX}",
)
def setuid_dumps(host: HostFiles) -> Verdict:
    """Reads fs.suid_dumpable: 0. The memory of sudo or passwd holds what its caller must not see."""
    return sysctl.judged(host, {"fs.suid_dumpable": (("0",), "0")})


@host_check(
    "kernel.core-dumps",
    "Core dumps are off",
    level=1,
    fix="* hard core 0 in /etc/security/limits.d/core.conf; Storage=none in /etc/systemd/coredump.conf.d/",
)
def core_dumps(host: HostFiles) -> Verdict:
    """Reads limits.conf and limits.d for `* hard core 0`, and systemd's coredump.conf where systemd-coredump is there.
    A dump is the memory of a program on disk, with its keys."""
    wrong = []
    files = ("etc/security/limits.conf", *host.glob("etc/security/limits.d", "*.conf"))
    limits = [line.split()[:4] for path in files for line in host.lines(path)]
    everybody = [
        v
        for who, kind, item, v in (x for x in limits if len(x) == 4)
        if who == "*" and item == "core" and kind in ("hard", "-")
    ]
    if not everybody or everybody[-1] != "0":
        wrong.append("no `* hard core 0` in limits.conf")
    if host.exists("usr/lib/systemd/systemd-coredump"):
        told = systemd(host, "coredump.conf")
        if told.get("Storage", "external") != "none":
            wrong.append(f"coredump.conf: Storage={told.get('Storage', 'external')}")
    return settled(wrong, good="Nobody's programs leave one.", bad="Memory of programs is written to disk.")


@host_check("kernel.prelink", "Programs are not changed by prelink", level=1, fix="prelink -ua; apt purge prelink")
def prelink(host: HostFiles) -> Verdict:
    """Looks for the package prelink, which rewrites programs: their sums no longer tell whether they were tampered
    with, and their addresses are the same everywhere."""
    found = "prelink" in (host.packages or ()) or host.exists("usr/sbin/prelink")
    return settled(["prelink"] if found else (), good="It is not there.", bad="prelink is installed.")


@host_check(
    "kernel.keyboard-restart",
    "Ctrl-Alt-Del does not restart the machine",
    level=1,
    fix="systemctl mask ctrl-alt-del.target",
)
def keyboard_restart(host: HostFiles) -> Verdict:
    """Looks at what systemd does at Ctrl-Alt-Del: masked is good. Who stands at the keyboard needs no account for
    it."""
    entry = host.entry("etc/systemd/system/ctrl-alt-del.target")
    masked = host.listed("etc/systemd/system/ctrl-alt-del.target") and (
        entry is None or not host.text("etc/systemd/system/ctrl-alt-del.target")
    )
    if not host.exists("usr/lib/systemd/system") and not host.exists("lib/systemd/system"):
        return passed("There is no systemd.")
    return settled(() if masked else ["ctrl-alt-del.target"], good="It is masked.", bad="It restarts the machine.")
