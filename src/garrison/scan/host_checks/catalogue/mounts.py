"""What is mounted where, and what may happen there."""
# ruff: noqa: S108 (the folders are what is judged; nothing is written there)

from __future__ import annotations

from garrison.scan.host_checks.check import CannotTell, Verdict, failed, host_check, settled, skipped
from garrison.scan.host_checks.files import HostFiles


def _mounts(host: HostFiles) -> dict[str, set[str]] | None:
    """Mount point -> options: of what is mounted, else of fstab. None: neither can be seen."""
    made = {}
    for line in _first(host, "proc/1/mounts", "proc/self/mounts", "proc/mounts", "etc/fstab"):
        fields = line.split()
        if len(fields) >= 4:
            made[fields[1].replace("\\040", " ")] = set(fields[3].split(","))
    return made or None


def _first(host: HostFiles, *paths: str) -> list[str]:
    """Lines of the first of the files that says something: what process 1 sees stands before what a service sees that
    is shut into a view of its own, but is shown to root alone."""
    for path in paths:
        try:
            if lines := host.lines(path):
                return lines
        except CannotTell:
            continue
    return []


def _options(host: HostFiles, place: str, *wanted: str, separate: bool = False) -> Verdict:
    mounts = _mounts(host)
    if mounts is None:
        return skipped("What is mounted cannot be seen below this root (no proc/mounts and no etc/fstab).")
    if place not in mounts:
        if separate:
            return failed(f"{place} is no mount of its own.")
        return skipped(f"{place} is no mount of its own.")
    missing = [option for option in wanted if option not in mounts[place]]
    return settled(missing, good=f"{place} has {', '.join(wanted)}.", bad=f"{place} lacks options.")


@host_check(
    "mounts.tmp",
    "/tmp is a file system of its own, for data alone",
    level=1,
    fix="systemctl enable tmp.mount, or a line in /etc/fstab with nodev,nosuid,noexec",
)
def tmp(host: HostFiles) -> Verdict:
    """Reads what is mounted (else fstab) for /tmp with nodev, nosuid and noexec. Everybody writes there: it must not
    fill the system, nor be where programs are put and started."""
    return _options(host, "/tmp", "nodev", "nosuid", "noexec", separate=True)


@host_check(
    "mounts.shared-memory",
    "Shared memory holds no programs",
    level=1,
    fix="/dev/shm in /etc/fstab with nodev,nosuid,noexec",
)
def shared_memory(host: HostFiles) -> Verdict:
    """Reads what is mounted for /dev/shm with nodev, nosuid and noexec: the other place where everybody writes, and one
    that no scan of disks sees."""
    return _options(host, "/dev/shm", "nodev", "nosuid", "noexec")


@host_check(
    "mounts.var-tmp", "/var/tmp is for data alone", level=1, fix="/var/tmp in /etc/fstab with nodev,nosuid,noexec"
)
def var_tmp(host: HostFiles) -> Verdict:
    """Reads what is mounted for /var/tmp, if it is a file system of its own, with nodev, nosuid and noexec."""
    return _options(host, "/var/tmp", "nodev", "nosuid", "noexec")


@host_check(
    "mounts.home", "Homes bring no devices and no setuid programs", level=1, fix="/home in /etc/fstab with nodev,nosuid"
)
def home(host: HostFiles) -> Verdict:
    """Reads what is mounted for /home, if it is a file system of its own, with nodev and nosuid."""
    return _options(host, "/home", "nodev", "nosuid")


@host_check(
    "mounts.var",
    "/var is a file system of its own",
    level=2,
    fix="A file system for /var in /etc/fstab with nodev,nosuid",
)
def var(host: HostFiles) -> Verdict:
    """Reads what is mounted for /var with nodev and nosuid. Logs and mail that grow must not stop the system."""
    return _options(host, "/var", "nodev", "nosuid", separate=True)


@host_check(
    "mounts.audit-log",
    "The audit log is on a file system of its own",
    level=2,
    fix="A file system for /var/log/audit in /etc/fstab with nodev,nosuid,noexec",
)
def audit_log(host: HostFiles) -> Verdict:
    """Reads what is mounted for /var/log/audit. Whoever fills /var/log otherwise stops the recording."""
    if not host.exists("etc/audit/auditd.conf"):
        return skipped("There is no auditd.")
    return _options(host, "/var/log/audit", "nodev", "nosuid", "noexec", separate=True)


@host_check(
    "mounts.automount",
    "Nothing is mounted because it was plugged in",
    level=1,
    fix="systemctl disable --now autofs; apt purge autofs",
)
def automount(host: HostFiles) -> Verdict:
    """Looks for the package autofs: what a passer-by plugs in is read by the kernel's drivers at once."""
    if host.packages is None:
        return skipped("There is no package database.")
    return settled(["autofs"] if "autofs" in host.packages else (), good="No autofs.", bad="autofs is installed.")
