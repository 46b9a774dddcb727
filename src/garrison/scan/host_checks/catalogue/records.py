"""What is recorded, and whether it lasts."""

from __future__ import annotations

import re

from garrison.scan.host_checks.check import Verdict, failed, host_check, passed, settled, skipped
from garrison.scan.host_checks.configuration import systemd
from garrison.scan.host_checks.configuration.assignments import settings
from garrison.scan.host_checks.configuration.assignments import systemd as systemd_settings
from garrison.scan.host_checks.files import HostFiles

_NO_AUDITD = "There is no auditd (no etc/audit/auditd.conf)."


@host_check(
    "records.journal-lasts",
    "The journal outlives a restart",
    level=1,
    fix="Storage=persistent in /etc/systemd/journald.conf.d/; systemctl restart systemd-journald",
)
def journal_lasts(host: HostFiles) -> Verdict:
    """Reads Storage of journald.conf: persistent, or auto (its default) with a folder var/log/journal. What an intruder
    did is gone with a restart otherwise."""
    if not systemd.present(host):
        return skipped("There is no systemd.")
    storage = systemd_settings(host, "journald.conf").get("Storage", "auto")
    if storage == "persistent":
        return passed("Storage is persistent.")
    if storage == "auto" and host.exists("var/log/journal"):
        return passed("Storage is auto, and var/log/journal is there.")
    return failed(f"Storage is {storage}{', and there is no var/log/journal' if storage == 'auto' else ''}.")


@host_check(
    "records.journal-compressed",
    "The journal is compressed",
    level=1,
    fix="Compress=yes in /etc/systemd/journald.conf.d/",
)
def journal_compressed(host: HostFiles) -> Verdict:
    """Reads Compress of journald.conf (yes unless set): more of the past in the same place."""
    if not systemd.present(host):
        return skipped("There is no systemd.")
    value = systemd_settings(host, "journald.conf").get("Compress", "yes")
    return (
        failed(f"Compress is {value}.") if value.lower() in ("no", "false", "off", "0") else passed(f"It is {value}.")
    )


@host_check(
    "records.rsyslog-rights",
    "rsyslog makes no file that others read",
    level=1,
    fix="$FileCreateMode 0640 in /etc/rsyslog.conf",
)
def rsyslog_rights(host: HostFiles) -> Verdict:
    """Reads FileCreateMode of rsyslog.conf and rsyslog.d (0644 unless set): 0640 or less."""
    if host.text("etc/rsyslog.conf") is None:
        return skipped("There is no rsyslog.")
    text = "\n".join(host.text(p) or "" for p in ("etc/rsyslog.conf", *host.glob("etc/rsyslog.d", "*.conf")))
    modes = re.findall(r'(?mi)^\s*(?:\$FileCreateMode\s+|[^#\n]*\bfileCreateMode=")(0?[0-7]{3})\b', text)
    wrong = [f"FileCreateMode {m}" for m in modes or ["0644"] if int(m, 8) & ~0o640]
    return settled(wrong, good="0640 or less.", bad="Logs will be readable by everybody.")


@host_check(
    "records.remote-logs",
    "The host takes no logs of others",
    level=1,
    fix="Remove imtcp and imudp inputs from /etc/rsyslog.conf and rsyslog.d",
)
def remote_logs(host: HostFiles) -> Verdict:
    """Reads rsyslog.conf and rsyslog.d for inputs over TCP and UDP. Anybody could write into this host's log; hosts
    that collect logs need it: except them."""
    if host.text("etc/rsyslog.conf") is None:
        return skipped("There is no rsyslog.")
    wrong = []
    for path in ("etc/rsyslog.conf", *host.glob("etc/rsyslog.d", "*.conf")):
        wrong += [
            f"{path}: {x}"
            for x in host.lines(path)
            if re.search(r'\$(?:InputTCPServerRun|UDPServerRun)|(?:load|type)="im(?:tcp|udp|ptcp)"', x)
        ]
    return settled(wrong, good="It takes none.", bad="Logs come in from the network.")


@host_check("records.rotation", "Logs are rotated", level=1, fix="apt install logrotate")
def rotation(host: HostFiles) -> Verdict:
    """Looks for logrotate where rsyslog writes files: a disk that is full records nothing."""
    if host.text("etc/rsyslog.conf") is None:
        return skipped("There is no rsyslog.")
    return passed("logrotate is there.") if host.exists("etc/logrotate.conf") else failed("There is no logrotate.")


@host_check(
    "records.audit-runs",
    "auditd is installed and started",
    level=2,
    fix="apt install auditd; systemctl enable --now auditd",
)
def audit_runs(host: HostFiles) -> Verdict:
    """Looks for auditd.conf and the link that starts auditd.service: who did what, as the kernel saw it."""
    if not host.exists("etc/audit/auditd.conf"):
        return failed(_NO_AUDITD)
    return passed("It is started.") if systemd.enabled(host, "auditd.service") else failed("Nothing starts auditd.")


@host_check(
    "records.audit-kept",
    "The audit log is kept when it is full",
    level=2,
    fix="max_log_file_action = keep_logs in /etc/audit/auditd.conf",
)
def audit_kept(host: HostFiles) -> Verdict:
    """Reads max_log_file_action of auditd.conf: keep_logs. Else an intruder writes his traces out of it."""
    if not host.exists("etc/audit/auditd.conf"):
        return skipped(_NO_AUDITD)
    value = settings(host, "etc/audit/auditd.conf").get("max_log_file_action", "ignore")
    return passed("keep_logs.") if value.lower() == "keep_logs" else failed(f"max_log_file_action is {value}.")


def _rules(host: HostFiles) -> list[str]:
    paths = host.glob("etc/audit/rules.d", "*.rules") or ["etc/audit/audit.rules"]
    return [" ".join(line.split()) for path in paths for line in host.lines(path)]


def _watched(host: HostFiles, *needles: str) -> Verdict:
    """Passed if each needle stands in some rule."""
    if not host.exists("etc/audit/auditd.conf"):
        return skipped(_NO_AUDITD)
    rules = _rules(host)
    missing = [
        n
        for n in needles
        if not any(re.search(rf"(?:^|[\s=,/]){re.escape(n)}(?:$|[\s,/])", r) for r in rules if not r.startswith("-d"))
    ]
    return settled(missing, good="All are recorded.", bad="Nothing records these.")


@host_check(
    "records.audit-accounts",
    "Changes of accounts are recorded",
    level=2,
    fix="-w /etc/passwd -p wa -k identity, and so on, in /etc/audit/rules.d/; augenrules --load",
)
def audit_accounts(host: HostFiles) -> Verdict:
    """Reads auditd's rules for watches of passwd, shadow, group, gshadow and opasswd."""
    return _watched(host, *(f"/etc/{n}" for n in ("passwd", "shadow", "group", "gshadow", "security/opasswd")))


@host_check(
    "records.audit-sudo",
    "Changes of sudo's rules are recorded",
    level=2,
    fix="-w /etc/sudoers -p wa -k scope and -w /etc/sudoers.d -p wa -k scope in /etc/audit/rules.d/",
)
def audit_sudo(host: HostFiles) -> Verdict:
    """Reads auditd's rules for watches of sudoers and sudoers.d: who made himself root."""
    return _watched(host, "/etc/sudoers", "/etc/sudoers.d")


@host_check(
    "records.audit-time",
    "Changes of the clock are recorded",
    level=2,
    fix="-a always,exit -F arch=b64 -S adjtimex,settimeofday,clock_settime -k time-change in /etc/audit/rules.d/",
)
def audit_time(host: HostFiles) -> Verdict:
    """Reads auditd's rules for adjtimex, settimeofday and clock_settime: who moves the clock moves what logs say."""
    return _watched(host, "adjtimex", "settimeofday", "clock_settime")


@host_check(
    "records.audit-modules",
    "Loading modules into the kernel is recorded",
    level=2,
    fix="-a always,exit -F arch=b64 -S init_module,finit_module,delete_module -k modules in /etc/audit/rules.d/",
)
def audit_modules(host: HostFiles) -> Verdict:
    """Reads auditd's rules for init_module, finit_module and delete_module: how a rootkit comes in."""
    return _watched(host, "init_module", "finit_module", "delete_module")


@host_check(
    "records.audit-final",
    "auditd's rules cannot be changed while it runs",
    level=2,
    fix="-e 2 as the last line of /etc/audit/rules.d/99-finalize.rules",
)
def audit_final(host: HostFiles) -> Verdict:
    """Reads auditd's rules for `-e 2` as the last of them: root too must restart to blind it, and that is seen."""
    if not host.exists("etc/audit/auditd.conf"):
        return skipped(_NO_AUDITD)
    rules = _rules(host)
    return passed("-e 2 is last.") if rules and rules[-1] == "-e 2" else failed("-e 2 is not the last rule.")
