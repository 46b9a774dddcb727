"""Cases of the areas `services`, `records`, `start` and `system`."""

from __future__ import annotations

from tests.scan.host_checks.roots import Case, Files, Link, Mode, dpkg

SYSTEMD: Files = {"usr/lib/systemd/systemd": "x", "usr/lib/systemd/system/basic.target": "x"}


def packages(wanted: str, like: str) -> Case:
    """A package that is not wanted, and one whose name is like it."""
    return Case(passing=dpkg(like), failing=dpkg("base-files", wanted), near=((dpkg(f"lib{wanted}"), "PASSED"),))


def starts(*units: str) -> Files:
    wants = {f"etc/systemd/system/multi-user.target.wants/{u}": Link(f"/usr/lib/systemd/system/{u}") for u in units}
    return SYSTEMD | wants


def audit(*rules: str) -> Files:
    return {
        "etc/audit/auditd.conf": "max_log_file = 8\n",
        "etc/audit/rules.d/a.rules": "".join(f"{r}\n" for r in rules),
    }


def watches(*paths: str) -> Files:
    return audit("-D", *(f"-w {p} -p wa -k x" for p in paths))


def calls(*names: str) -> Case:
    rule = f"-a always,exit -F arch=b64 -S {','.join(names)} -k x"
    return Case(
        passing=audit(rule),
        failing=audit("-D"),
        near=(
            (audit(f"# {rule}"), "FAILED"),
            (audit(*(f"-a always,exit -S {n}" for n in names)), "PASSED"),
            (audit(f"-a always,exit -S {names[0]}"), "FAILED"),
        ),
    )


_ACCOUNTS = tuple(f"/etc/{n}" for n in ("passwd", "shadow", "group", "gshadow", "security/opasswd"))
_JOURNAL = "etc/systemd/journald.conf"
_RSYSLOG = "etc/rsyslog.conf"
_GRUB = "boot/grub/grub.cfg"
_NFT = (
    "flush ruleset\ntable inet filter {{\n chain input {{\n  type filter hook input priority 0; policy {};\n }}\n}}\n"
)
_APPARMOR: Files = {"etc/apparmor.d/x": "x"} | dpkg("apparmor")

CASES = {
    "services.remote-shells": packages("telnetd", "openssh-server"),
    "services.clear-text-clients": packages("telnet", "openssh-client"),
    "services.file-transfer": packages("vsftpd", "openssh-sftp-server"),
    "services.file-sharing": packages("samba", "samba-common"),
    "services.announcements": packages("avahi-daemon", "libavahi-client3"),
    "services.directories": packages("bind9", "bind9-host"),
    "services.monitoring": packages("snmpd", "snmp"),
    "services.super-servers": packages("xinetd", "inetutils-ping"),
    "services.desktop": packages("gdm3", "x11-common"),
    "services.compilers": packages("gcc", "gcc-12-base"),
    "services.remote-copies": Case(
        bare="PASSED",
        passing={"etc/rsyncd.conf": "[global]\nuid = nobody\n"},
        failing={"etc/rsyncd.conf": "[backup]\npath = /srv\n"},
        near=(({"etc/rsyncd.conf": "# [backup]\n"}, "PASSED"),),
    ),
    "services.local-mail": Case(
        bare="PASSED",
        passing={"etc/postfix/main.cf": "inet_interfaces = loopback-only\n"},
        failing={"etc/postfix/main.cf": "inet_interfaces = all\n"},
        near=(
            ({"etc/postfix/main.cf": "myhostname = a\n"}, "FAILED"),
            ({"etc/postfix/main.cf": "inet_interfaces = localhost, 10.0.0.1\n"}, "FAILED"),
            ({"etc/exim4/update-exim4.conf.conf": "dc_local_interfaces='127.0.0.1 ; ::1'\n"}, "PASSED"),
            ({"etc/exim4/update-exim4.conf.conf": "dc_local_interfaces=''\n"}, "FAILED"),
        ),
    ),
    "records.journal-lasts": Case(
        files=SYSTEMD,
        passing={_JOURNAL: "[Journal]\nStorage=persistent\n"},
        failing={_JOURNAL: "[Journal]\nStorage=volatile\n"},
        near=(
            ({_JOURNAL: "#Storage=persistent\n"}, "FAILED"),
            ({"var/log/journal/x": "x"}, "PASSED"),
            ({_JOURNAL: "Storage=persistent\n", f"{_JOURNAL}.d/a.conf": "Storage=none\n"}, "FAILED"),
            (
                {
                    "usr/lib/systemd/journald.conf.d/a.conf": "Storage=none\n",
                    f"{_JOURNAL}.d/a.conf": "Storage=persistent\n",
                },
                "PASSED",
            ),
        ),
    ),
    "records.journal-compressed": Case(
        files=SYSTEMD, passing={}, failing={_JOURNAL: "Compress=no\n"}, near=(({_JOURNAL: "#Compress=no\n"}, "PASSED"),)
    ),
    "records.rsyslog-rights": Case(
        passing={_RSYSLOG: "$FileCreateMode 0640\n"},
        failing={_RSYSLOG: "$FileCreateMode 0644\n"},
        near=(
            ({_RSYSLOG: "# $FileCreateMode 0640\n"}, "FAILED"),
            (
                {_RSYSLOG: "x\n", "etc/rsyslog.d/a.conf": 'module(load="builtin:omfile" fileCreateMode="0600")\n'},
                "PASSED",
            ),
        ),
    ),
    "records.remote-logs": Case(
        passing={_RSYSLOG: 'module(load="imuxsock")\n'},
        failing={_RSYSLOG: 'input(type="imtcp" port="514")\n'},
        near=(
            ({_RSYSLOG: "x\n", "etc/rsyslog.d/a.conf": "$UDPServerRun 514\n"}, "FAILED"),
            ({_RSYSLOG: '#module(load="imudp")\n'}, "PASSED"),
        ),
    ),
    "records.rotation": Case(files={_RSYSLOG: "x\n"}, passing={"etc/logrotate.conf": "weekly\n"}, failing={}),
    "records.audit-runs": Case(
        bare="FAILED",
        passing=audit() | starts("auditd.service"),
        failing=audit() | SYSTEMD,
        near=(
            (starts("auditd.service"), "FAILED"),
            (audit() | starts("auditd.service") | {"etc/systemd/system/auditd.service": Link("/dev/null")}, "FAILED"),
        ),
    ),
    "records.audit-kept": Case(
        passing={"etc/audit/auditd.conf": "max_log_file_action = KEEP_LOGS\n"},
        failing={"etc/audit/auditd.conf": "max_log_file_action = ROTATE\n"},
        near=(({"etc/audit/auditd.conf": "# max_log_file_action = keep_logs\n"}, "FAILED"),),
    ),
    "records.audit-accounts": Case(
        passing=watches(*_ACCOUNTS),
        failing=watches("/etc/passwd"),
        near=(
            (watches(*(f"{p}-" for p in _ACCOUNTS)), "FAILED"),
            (audit(*(f"-a always,exit -F path={p} -F perm=wa" for p in _ACCOUNTS)), "PASSED"),
        ),
    ),
    "records.audit-sudo": Case(
        passing=watches("/etc/sudoers", "/etc/sudoers.d"),
        failing=watches("/etc/sudoers"),
        near=((watches("/etc/sudoers.d"), "FAILED"),),
    ),
    "records.audit-time": calls("adjtimex", "settimeofday", "clock_settime"),
    "records.audit-modules": calls("init_module", "finit_module", "delete_module"),
    "records.audit-final": Case(
        passing=audit("-D", "-e 2"),
        failing=audit("-D"),
        near=(
            (audit("-e 2", "-w /etc/x -p wa"), "FAILED"),
            (audit("-e 1"), "FAILED"),
            (audit("-e   2", "# end"), "PASSED"),
        ),
    ),
    "start.rights": Case(
        passing={_GRUB: Mode(0o600)},
        failing={_GRUB: Mode(0o644)},
        near=(({"boot/grub2/grub.cfg": Mode(0o600), "boot/grub2/user.cfg": Mode(0o640)}, "FAILED"),),
    ),
    "start.password": Case(
        passing={_GRUB: 'set superusers="root"\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.A.B\n'},
        failing={_GRUB: "set timeout=5\n"},
        near=(
            ({_GRUB: 'set superusers="root"\n'}, "FAILED"),
            ({_GRUB: "x", "boot/grub2/user.cfg": "GRUB2_PASSWORD=grub.pbkdf2.sha512.1\n"}, "PASSED"),
        ),
    ),
    "start.rescue-password": Case(
        passing={"etc/shadow": "root:!:1::::::\n"},
        failing={"etc/shadow": "root::1::::::\n"},
        near=(
            (
                {
                    "etc/shadow": "root:!:1::::::\n",
                    "etc/systemd/system/rescue.service.d/a.conf": "[Service]\nEnvironment=SYSTEMD_SULOGIN_FORCE=1\n",
                },
                "FAILED",
            ),
            (
                {
                    "etc/shadow": "root:!:1::::::\n",
                    "etc/systemd/system/rescue.service.d/a.conf": "[Service]\nEnvironment=SYSTEMD_SULOGIN_FORCE=0\n",
                },
                "PASSED",
            ),
        ),
    ),
    "system.time": Case(
        bare="FAILED",
        passing=starts("systemd-timesyncd.service"),
        failing=SYSTEMD,
        near=(
            (starts("chrony.service") | {"etc/chrony/chrony.conf": "pool 2.debian.pool.ntp.org iburst\n"}, "PASSED"),
            (starts("chrony.service") | {"etc/chrony/chrony.conf": "# pool 2.debian.pool.ntp.org\n"}, "FAILED"),
            (starts("chrony.service", "systemd-timesyncd.service") | {"etc/chrony/chrony.conf": "pool a\n"}, "FAILED"),
        ),
    ),
    "system.notices": Case(
        bare="FAILED",
        files={
            "etc/os-release": 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n',
            "etc/issue.net": "Authorised use only.\n",
        },
        passing={"etc/issue": "Authorised use only.\n"},
        failing={"etc/issue": "Debian GNU/Linux 12 \\n \\l\n"},
        near=(
            ({"etc/issue": "Use is watched. \\r\n"}, "FAILED"),
            ({"etc/issue": "Use is watched. \\l\n"}, "PASSED"),
            ({"etc/issue": "\n"}, "FAILED"),
            ({"etc/issue": "Use is watched.\n", "etc/motd": "Welcome to debian\n"}, "FAILED"),
        ),
    ),
    "system.notice-rights": Case(
        passing={"etc/issue": Mode(0o644)},
        failing={"etc/issue": Mode(0o664)},
        near=(({"etc/issue": Mode(0o600), "etc/motd": Mode(0o646)}, "FAILED"),),
    ),
    "system.firewall": Case(
        bare="FAILED",
        passing=starts("nftables.service"),
        failing=starts("ufw.service") | {"etc/ufw/ufw.conf": "ENABLED=no\n"},
        near=(
            (starts("nftables.service", "firewalld.service"), "FAILED"),
            (starts("ufw.service") | {"etc/ufw/ufw.conf": "ENABLED=yes\n"}, "PASSED"),
        ),
    ),
    "system.firewall-denies": Case(
        bare="FAILED",
        passing={"etc/nftables.conf": _NFT.format("drop")},
        failing={"etc/nftables.conf": _NFT.format("accept")},
        near=(
            ({"etc/nftables.conf": "# hook input priority 0; policy drop;\n"}, "FAILED"),
            ({"etc/ufw/ufw.conf": "ENABLED=yes\n", "etc/default/ufw": 'DEFAULT_INPUT_POLICY="DROP"\n'}, "PASSED"),
            ({"etc/ufw/ufw.conf": "ENABLED=no\n", "etc/default/ufw": 'DEFAULT_INPUT_POLICY="DROP"\n'}, "FAILED"),
            ({"etc/iptables/rules.v4": "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"}, "FAILED"),
            ({"etc/iptables/rules.v4": "*filter\n:INPUT DROP [0:0]\nCOMMIT\n"}, "PASSED"),
            ({"etc/firewalld/firewalld.conf": "DefaultZone=trusted\n"}, "FAILED"),
        ),
    ),
    "system.signed-packages": Case(
        passing={"etc/apt/sources.list": "deb [signed-by=/x.gpg] https://mirror.example/debian bookworm main\n"},
        failing={"etc/apt/sources.list": "deb [arch=amd64 trusted=yes] https://mirror.example/ ./\n"},
        near=(
            ({"etc/apt/sources.list": "# deb [trusted=yes] https://mirror.example/ ./\n"}, "PASSED"),
            ({"etc/apt/sources.list.d/a.sources": "Types: deb\nTrusted: yes\n"}, "FAILED"),
            ({"etc/apt/apt.conf.d/99x": 'APT::Get::AllowUnauthenticated "true";\n'}, "FAILED"),
            ({"etc/apt/apt.conf.d/99x": '// APT::Get::AllowUnauthenticated "true";\n'}, "PASSED"),
            ({"etc/apt/apt.conf.d/99x": 'APT::Get::AllowUnauthenticated "false";\n'}, "PASSED"),
            ({"etc/yum.repos.d/a.repo": "[a]\ngpgcheck=0\n"}, "FAILED"),
            ({"etc/yum.repos.d/a.repo": "[a]\ngpgcheck=1\n"}, "PASSED"),
        ),
    ),
    "system.automatic-updates": Case(
        bare="FAILED",
        passing={"etc/apt/apt.conf.d/20auto-upgrades": 'APT::Periodic::Unattended-Upgrade "1";\n'},
        failing={"etc/apt/apt.conf.d/20auto-upgrades": 'APT::Periodic::Unattended-Upgrade "0";\n'},
        near=(
            ({"etc/apt/apt.conf.d/20auto-upgrades": '//APT::Periodic::Unattended-Upgrade "1";\n'}, "FAILED"),
            ({"etc/dnf/automatic.conf": "apply_updates = yes\n"}, "PASSED"),
        ),
    ),
    "system.mandatory-access": Case(
        bare="FAILED",
        passing=_APPARMOR,
        failing={"etc/apparmor.d/x": "x"} | dpkg("libapparmor1"),
        near=(
            (_APPARMOR | {"etc/default/grub": 'GRUB_CMDLINE_LINUX="apparmor=0"\n'}, "FAILED"),
            ({"etc/selinux/config": "SELINUX=enforcing\n"}, "PASSED"),
            ({"etc/selinux/config": "SELINUX=permissive\n"}, "FAILED"),
            (
                {"etc/selinux/config": "SELINUX=enforcing\n", "boot/grub2/grub.cfg": "linux /vmlinuz selinux=0\n"},
                "FAILED",
            ),
        ),
    ),
    "system.integrity": Case(
        passing=dpkg("aide") | {"var/lib/aide/aide.db": "x"},
        failing=dpkg("base-files"),
        near=((dpkg("aide"), "FAILED"), (dpkg("aide-common"), "FAILED"), (dpkg("samhain"), "PASSED")),
    ),
    "system.logged-out": Case(
        files=SYSTEMD,
        passing={"etc/systemd/logind.conf.d/a.conf": "[Login]\nKillUserProcesses=yes\n"},
        failing={"etc/systemd/logind.conf": "#KillUserProcesses=yes\n"},
    ),
}
