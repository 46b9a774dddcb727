"""The system as a whole: time, notices, firewall, packages, mandatory access control."""

from __future__ import annotations

import re

from garrison.scan.host_checks.check import Verdict, failed, host_check, passed, settled, skipped
from garrison.scan.host_checks.configuration import systemd
from garrison.scan.host_checks.configuration.assignments import settings
from garrison.scan.host_checks.configuration.assignments import systemd as systemd_settings
from garrison.scan.host_checks.files import HostFiles

_NOTICES = ("etc/issue", "etc/issue.net", "etc/motd")
_GRUB = ("boot/grub/grub.cfg", "boot/grub2/grub.cfg", "boot/grub/user.cfg", "boot/grub2/user.cfg")
_UNSIGNED = re.compile(r"(AllowUnauthenticated|Allow\w*InsecureRepositories)\W+(true|yes|1)\b", re.IGNORECASE)
_FIREWALLS = (
    "nftables.service",
    "ufw.service",
    "firewalld.service",
    "netfilter-persistent.service",
    "iptables.service",
)


@host_check(
    "system.time",
    "One program keeps the clock right",
    level=1,
    fix="apt install chrony, or systemctl enable --now systemd-timesyncd; one alone",
)
def time(host: HostFiles) -> Verdict:
    """Looks for what starts chrony, systemd-timesyncd or ntpd, and for their servers (systemd-timesyncd has some built
    in). Logs whose clocks differ cannot be put together, and certificates and tokens need the time."""
    running = systemd.enabled(
        host,
        "chrony.service",
        "chronyd.service",
        "systemd-timesyncd.service",
        "ntp.service",
        "ntpd.service",
        "ntpsec.service",
    )
    kinds = {unit.removesuffix(".service").removesuffix("d") for unit in running}
    if not kinds:
        return failed("Nothing that keeps the clock is started.")
    if len(kinds) > 1:
        return failed("More than one program sets the clock.", running)
    for unit, files in (
        ("chrony", ("etc/chrony/chrony.conf", "etc/chrony.conf")),
        ("ntp", ("etc/ntp.conf", "etc/ntpsec/ntp.conf")),
    ):
        if running[0].startswith(unit):
            folders = ("etc/chrony/conf.d", "etc/chrony/sources.d", "etc/chrony.d")
            more = [p for f in folders for pattern in ("*.conf", "*.sources") for p in host.glob(f, pattern)]
            lines = [line for path in (*files, *more) for line in host.lines(path)]
            if not any(re.match(r"(server|pool|peer|refclock|sourcedir)\b", line) for line in lines):
                return failed(f"{running[0]} has no server.")
    return passed(f"{running[0]} does.")


@host_check(
    "system.notices",
    "Notices before the log-in tell nothing of the system",
    level=1,
    fix="A notice without \\m \\r \\s \\v and the system's name in /etc/issue, /etc/issue.net and /etc/motd",
)
def notices(host: HostFiles) -> Verdict:
    """Reads issue, issue.net and motd: one that is there must not name kernel, machine or release; versions are what
    attackers choose their tools by. issue and issue.net must be there, to say for whom the system is."""
    release = settings(host, "etc/os-release") or settings(host, "usr/lib/os-release")
    names = [n for n in (release.get("ID", ""), release.get("PRETTY_NAME", "")) if n]
    wrong = []
    for path in _NOTICES:
        text = host.text(path)
        if text is None or not text.strip():
            if path != "etc/motd":
                wrong.append(f"{path}: nothing in it")
            continue
        told = re.findall(r"\\[mrsv]", text) + [
            n for n in names if re.search(rf"\b{re.escape(n)}\b", text, re.IGNORECASE)
        ]
        wrong += [f"{path}: {t}" for t in told]
    return settled(wrong, good="They do not.", bad="They tell too much, or nothing.")


@host_check(
    "system.notice-rights",
    "Only root writes the notices before the log-in",
    level=1,
    fix="chown root:root FILE; chmod 644 FILE",
)
def notice_rights(host: HostFiles) -> Verdict:
    """Looks at owner and mode of issue, issue.net and motd: 644 or less."""
    found = [e for e in (host.entry(p) for p in _NOTICES) if e is not None]
    if not found:
        return skipped("There are no notices.")
    return settled(
        [str(e) for e in found if e.uid or e.gid or e.rights & ~0o644], good="644 or less.", bad="Others can."
    )


@host_check(
    "system.firewall", "A firewall is started", level=1, fix="systemctl enable --now nftables (or ufw, firewalld)"
)
def firewall(host: HostFiles) -> Verdict:
    """Looks for what starts nftables, ufw, firewalld, or saved iptables rules; of nftables, ufw and firewalld one
    alone, since each throws away what the others said."""
    started = systemd.enabled(host, *_FIREWALLS)
    if "ufw.service" in started and settings(host, "etc/ufw/ufw.conf").get("ENABLED", "no").lower() != "yes":
        started.remove("ufw.service")
    if not started:
        return failed("None is.")
    return passed(f"{started[0]} is.") if len(started) == 1 else failed("More than one is.", started)


@host_check(
    "system.firewall-denies",
    "What the firewall does not name does not come in",
    level=1,
    fix="policy drop for the input chain in /etc/nftables.conf; ufw default deny incoming",
)
def firewall_denies(host: HostFiles) -> Verdict:
    """Reads the default of incoming packets: DEFAULT_INPUT_POLICY of ufw, the input hook's policy in nftables.conf, the
    INPUT policy of saved iptables rules, firewalld's default zone. A service nobody thought of is open otherwise."""
    told: dict[str, bool] = {}
    if settings(host, "etc/ufw/ufw.conf").get("ENABLED", "no").lower() == "yes":
        told["ufw"] = settings(host, "etc/default/ufw").get("DEFAULT_INPUT_POLICY", "") in ("DROP", "REJECT")
    nft = re.sub(
        r"(?m)#.*$", "", "\n".join(host.text(p) or "" for p in ("etc/nftables.conf", *host.glob("etc/nftables.d", "*")))
    )
    if chains := re.findall(r"hook\s+input\b[^;]*;\s*(policy\s+\w+)?", nft):
        told["nftables"] = any(policy.endswith("drop") for policy in chains)
    for path in ("etc/iptables/rules.v4", "etc/sysconfig/iptables"):
        if policy := re.search(r"(?m)^:INPUT (\w+)", host.text(path) or ""):
            told[path] = policy[1] == "DROP"
    if host.text("etc/firewalld/firewalld.conf") is not None:
        zone = settings(host, "etc/firewalld/firewalld.conf").get("DefaultZone", "public")
        told["firewalld"] = zone != "trusted"
    if not told:
        return failed("No firewall has rules here.")
    return settled([k for k, denies in told.items() if not denies], good="It does not.", bad="Everything comes in.")


@host_check(
    "system.signed-packages",
    "Packages are taken with a good signature alone",
    level=1,
    fix="Remove trusted=yes and AllowUnauthenticated from apt; gpgcheck=1 in /etc/dnf/dnf.conf and /etc/yum.repos.d",
)
def signed_packages(host: HostFiles) -> Verdict:
    """Reads apt's sources for trusted=yes and its configuration for AllowUnauthenticated and AllowInsecureRepositories;
    gpgcheck of dnf and yum. Whoever is between host and mirror gives it his packages otherwise."""
    wrong = []
    for path in (
        "etc/apt/sources.list",
        *host.glob("etc/apt/sources.list.d", "*.list"),
        *host.glob("etc/apt/sources.list.d", "*.sources"),
    ):
        wrong += [
            f"{path}: {x}"
            for x in host.lines(path)
            if re.search(
                r"\[[^\]]*trusted=yes|^Trusted:\s*yes|allow-insecure=yes|^Allow-Insecure:\s*yes", x, re.IGNORECASE
            )
        ]
    for path in ("etc/apt/apt.conf", *host.glob("etc/apt/apt.conf.d", "*")):
        lines = [x for x in host.lines(path, "//") if not x.startswith("#")]
        wrong += [f"{path}: {x}" for x in lines if _UNSIGNED.search(x)]
    for path in ("etc/dnf/dnf.conf", "etc/yum.conf", *host.glob("etc/yum.repos.d", "*.repo")):
        wrong += [
            f"{path}: {x}" for x in host.lines(path) if re.fullmatch(r"gpgcheck\s*=\s*(0|no|false)", x, re.IGNORECASE)
        ]
    if not any(host.exists(p) for p in ("etc/apt", "etc/dnf/dnf.conf", "etc/yum.conf", "etc/yum.repos.d")):
        return skipped("There is neither apt nor dnf.")
    return settled(wrong, good="They are.", bad="Packages are taken unsigned.")


@host_check(
    "system.automatic-updates",
    "Security updates install themselves",
    level=2,
    fix='apt install unattended-upgrades; APT::Periodic::Unattended-Upgrade "1" in /etc/apt/apt.conf.d/20auto-upgrades',
)
def automatic_updates(host: HostFiles) -> Verdict:
    """Reads apt's configuration for APT::Periodic::Unattended-Upgrade, or dnf-automatic's for apply_updates: a flaw is
    open from its publication until somebody thinks of the host."""
    if host.exists("etc/dnf/automatic.conf"):
        on = settings(host, "etc/dnf/automatic.conf").get("apply_updates", "no").lower() in ("yes", "true", "1")
        return passed("apply_updates is on.") if on else failed("apply_updates is off.")
    if not host.exists("etc/apt"):
        return failed("There is neither unattended-upgrades nor dnf-automatic.")
    lines = [x for p in ("etc/apt/apt.conf", *host.glob("etc/apt/apt.conf.d", "*")) for x in host.lines(p, "//")]
    told = [m[1] for x in lines if (m := re.search(r'Unattended-Upgrade\s+"?(\w+)"?\s*;', x)) and not x.startswith("#")]
    on = bool(told) and told[-1] not in ("0", "false")
    return passed("Unattended-Upgrade is on.") if on else failed("Unattended-Upgrade is not on.")


@host_check(
    "system.mandatory-access",
    "Programs are held to profiles",
    level=1,
    fix="apt install apparmor, and no apparmor=0 for the kernel; SELINUX=enforcing in /etc/selinux/config",
)
def mandatory_access(host: HostFiles) -> Verdict:
    """Looks for AppArmor (installed, not turned off on the command line of grub.cfg) or SELinux (SELINUX of
    selinux/config; selinux=0 and enforcing=0 of the command line): a service that was taken over still does only what
    it is for."""
    command_line = " ".join(host.text(p) or "" for p in ("etc/default/grub", *_GRUB[:2]))
    if host.text("etc/selinux/config") is not None:
        mode = settings(host, "etc/selinux/config").get("SELINUX", "disabled").lower()
        if mode == "enforcing" and not re.search(r"\b(selinux|enforcing)=0\b", command_line):
            return passed("SELinux is enforcing.")
        if not host.exists("etc/apparmor.d"):
            return failed(f"SELinux is {mode}.")
    if not (host.exists("etc/apparmor.d") and "apparmor" in (host.packages or ())):
        return failed("There is neither AppArmor nor an enforcing SELinux.")
    off = re.findall(r"\bapparmor=0\b", command_line)
    return settled(off, good="AppArmor is there.", bad="AppArmor is turned off at start.")


@host_check(
    "system.integrity",
    "Changed files of the system are noticed",
    level=1,
    fix="apt install aide; aideinit; a daily check by cron or a timer",
)
def integrity(host: HostFiles) -> Verdict:
    """Looks for the package aide (or tripwire, samhain, osquery, wazuh-agent) and its database. Whoever changes
    programs is seen only by comparison."""
    if host.packages is None:
        return skipped("There is no package database.")
    found = {"aide", "tripwire", "samhain", "osquery", "wazuh-agent"} & host.packages
    if found == {"aide"} and not (host.glob("var/lib/aide", "aide.db*")):
        return failed("aide has no database: it was never initialized.")
    return passed(f"{', '.join(sorted(found))}.") if found else failed("Nothing compares them.")


@host_check(
    "system.logged-out",
    "A log-in that ended leaves nothing running",
    level=2,
    fix="KillUserProcesses=yes in /etc/systemd/logind.conf.d/",
)
def logged_out(host: HostFiles) -> Verdict:
    """Reads KillUserProcesses of logind.conf (no unless set): what somebody started ends with the log-in."""
    if not systemd.present(host):
        return skipped("There is no systemd.")
    value = systemd_settings(host, "logind.conf").get("KillUserProcesses", "no").lower()
    return passed("They end.") if value in ("yes", "true", "1", "on") else failed(f"KillUserProcesses is {value}.")
