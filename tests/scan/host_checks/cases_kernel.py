"""Cases of the areas `kernel`, `network`, `modules` and `mounts`."""

from __future__ import annotations

from tests.scan.host_checks.roots import Case, Files, Link, dpkg


def running(**values: str) -> Files:
    """`net__ipv4__ip_forward="0"`: what the kernel says."""
    return {f"proc/sys/{name.replace('__', '/')}": f"{value}\n" for name, value in values.items()}


def configured(text: str, file: str = "etc/sysctl.d/60-x.conf") -> Files:
    return {file: f"{text}\n"}


def parameter(name: str, good: str, bad: str, *, bare: str) -> Case:
    """One parameter: running and configured, and what hides what."""
    path = f"proc/sys/{name.replace('.', '/')}"
    near: list[tuple[Files, str]] = [
        (configured(f"{name} = {good}"), "PASSED"),
        (configured(f"{name}={bad}"), "FAILED"),
        ({path: f"{good}\n"} | configured(f"{name} = {bad}"), "FAILED"),  # not after the next start
        ({path: f"{bad}\n"} | configured(f"{name} = {good}"), "FAILED"),
        (configured(f"{name} = {bad}", "usr/lib/sysctl.d/60-x.conf") | configured(f"{name} = {good}"), "PASSED"),
        (
            configured(f"{name} = {good}", "etc/sysctl.d/10-a.conf") | configured(f"{name} = {bad}", "etc/sysctl.conf"),
            "FAILED",
        ),
        (configured(f"# {name} = {bad}"), bare),
    ]
    return Case(passing={path: f"{good}\n"}, failing={path: f"{bad}\n"}, near=tuple(near), bare=bare)


def interfaces(name: str, good: str, bad: str, *, bare: str, families: tuple[str, ...] = ("ipv4",)) -> Case:
    """A parameter of all interfaces and of those to come."""
    keys = [f"net.{f}.conf.{i}.{name}" for f in families for i in ("all", "default")]
    all_of: Files = {f"proc/sys/{k.replace('.', '/')}": f"{good}\n" for k in keys}
    one = f"proc/sys/{keys[-1].replace('.', '/')}"
    return Case(
        passing=all_of,
        failing=dict.fromkeys(all_of, f"{bad}\n"),
        near=((all_of | {one: f"{bad}\n"}, "FAILED"), (configured("\n".join(f"{k}={good}" for k in keys)), "PASSED")),
        bare=bare,
    )


def module(*names: str) -> Case:
    stop = "".join(f"install {n} /bin/false\n" for n in names)
    first = names[0].replace("-", "_")
    dep = "usr/lib/modules/6.1.0/modules.dep"
    return Case(
        bare="FAILED",
        passing={"etc/modprobe.d/a.conf": stop},
        failing={"etc/modprobe.d/a.conf": "".join(f"blacklist {n}\n" for n in names)},
        near=(
            ({"etc/modprobe.d/a.conf": stop, "proc/modules": f"{first} 16384 0 - Live 0x0\n"}, "FAILED"),
            ({"etc/modprobe.d/a.conf": stop.replace("install", "# install", 1)}, "FAILED"),
            ({"etc/modprobe.d/a": stop}, "FAILED"),  # not a .conf
            ({dep: "kernel/fs/ext4/ext4.ko.xz:\n"}, "PASSED"),  # no kernel has it
            ({dep: f"kernel/x/{names[0]}.ko.xz:\n"}, "FAILED"),
        ),
    )


def mounted(place: str, options: str, *, bare: str = "SKIPPED", missing: str = "SKIPPED") -> Case:
    line = f"tmpfs {place} tmpfs rw,{options},relatime 0 0\n"
    short = line.replace(f",{options}", "")
    return Case(
        bare=bare,
        passing={"proc/mounts": line},
        failing={"proc/mounts": short},
        near=(
            ({"proc/mounts": "tmpfs /elsewhere tmpfs rw 0 0\n", "etc/fstab": line}, missing),
            ({"etc/fstab": f"# x\n{line}"}, "PASSED"),
            ({"proc/1/mounts": short, "proc/mounts": line}, "FAILED"),
            ({"etc/fstab": f"#{line}tmpfs /x tmpfs rw 0 0\n"}, missing),
        ),
    )


_LIMIT: Files = {"etc/security/limits.d/core.conf": "* hard core 0\n"}
_COREDUMP: Files = {"usr/lib/systemd/systemd-coredump": "x"}

CASES = {
    "kernel.address-randomization": parameter("kernel.randomize_va_space", "2", "1", bare="PASSED"),
    "kernel.ptrace": parameter("kernel.yama.ptrace_scope", "1", "0", bare="FAILED"),
    "kernel.log": parameter("kernel.dmesg_restrict", "1", "0", bare="FAILED"),
    "kernel.pointers": parameter("kernel.kptr_restrict", "2", "0", bare="FAILED"),
    "kernel.setuid-dumps": parameter("fs.suid_dumpable", "0", "2", bare="PASSED"),
    "kernel.links": Case(
        bare="FAILED",
        passing=running(fs__protected_hardlinks="1", fs__protected_symlinks="1"),
        failing=running(fs__protected_hardlinks="0", fs__protected_symlinks="1"),
        near=((configured("-fs.protected_hardlinks = 1\nfs/protected_symlinks=1"), "PASSED"),),
    ),
    "kernel.core-dumps": Case(
        bare="FAILED",
        passing=_LIMIT,
        failing={"etc/security/limits.conf": "* soft core 0\n"},
        near=(
            (_LIMIT | _COREDUMP, "FAILED"),
            (_LIMIT | _COREDUMP | {"etc/systemd/coredump.conf.d/a.conf": "[Coredump]\nStorage=none\n"}, "PASSED"),
            ({"etc/security/limits.conf": "root hard core 0\n"}, "FAILED"),
            ({"etc/security/limits.conf": "* - core 0\n"}, "PASSED"),
        ),
    ),
    "kernel.prelink": Case(
        bare="PASSED", passing=dpkg("binutils"), failing=dpkg("prelink"), near=(({"usr/sbin/prelink": "x"}, "FAILED"),)
    ),
    "kernel.keyboard-restart": Case(
        bare="PASSED",
        files={"usr/lib/systemd/system/ctrl-alt-del.target": "[Unit]\n"},
        passing={"etc/systemd/system/ctrl-alt-del.target": Link("/dev/null")},
        failing={},
        near=(
            ({"etc/systemd/system/ctrl-alt-del.target": Link("/usr/lib/systemd/system/ctrl-alt-del.target")}, "FAILED"),
        ),
    ),
    "network.forwarding": parameter("net.ipv4.ip_forward", "0", "1", bare="PASSED"),
    "network.send-redirects": interfaces("send_redirects", "0", "1", bare="FAILED"),
    "network.accept-redirects": interfaces("accept_redirects", "0", "1", bare="FAILED", families=("ipv4", "ipv6")),
    "network.secure-redirects": interfaces("secure_redirects", "0", "1", bare="FAILED"),
    "network.source-routing": interfaces("accept_source_route", "0", "1", bare="FAILED", families=("ipv4", "ipv6")),
    "network.martians": interfaces("log_martians", "1", "0", bare="FAILED"),
    "network.broadcast-echo": parameter("net.ipv4.icmp_echo_ignore_broadcasts", "1", "0", bare="PASSED"),
    "network.bogus-errors": parameter("net.ipv4.icmp_ignore_bogus_error_responses", "1", "0", bare="PASSED"),
    "network.reverse-path": interfaces("rp_filter", "1", "0", bare="FAILED"),
    "network.syn-cookies": parameter("net.ipv4.tcp_syncookies", "1", "0", bare="PASSED"),
    "network.router-advertisements": interfaces("accept_ra", "0", "1", bare="FAILED", families=("ipv6",)),
    "modules.rare-file-systems": module("cramfs", "freevxfs", "hfs", "hfsplus", "jffs2"),
    "modules.udf": module("udf"),
    "modules.usb-storage": module("usb-storage"),
    "modules.rare-protocols": module("dccp", "tipc", "rds", "sctp"),
    "mounts.tmp": mounted("/tmp", "nosuid,nodev,noexec", missing="FAILED"),
    "mounts.shared-memory": mounted("/dev/shm", "nosuid,nodev,noexec"),
    "mounts.var-tmp": mounted("/var/tmp", "nosuid,nodev,noexec"),
    "mounts.home": mounted("/home", "nosuid,nodev"),
    "mounts.var": mounted("/var", "nosuid,nodev", missing="FAILED"),
    "mounts.audit-log": Case(
        files={"etc/audit/auditd.conf": "x"},
        passing={"etc/fstab": "/dev/a /var/log/audit ext4 nodev,nosuid,noexec 0 2\n"},
        failing={"etc/fstab": "/dev/a /var/log ext4 nodev,nosuid,noexec 0 2\n"},
    ),
    "mounts.automount": Case(passing=dpkg("udisks2"), failing=dpkg("autofs")),
}
