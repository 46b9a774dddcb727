"""Cases of the area `ssh`."""

from __future__ import annotations

from tests.scan.host_checks.roots import Case, Files, Mode

_PATH = "etc/ssh/sshd_config"


def sshd(text: str, **drop_ins: str) -> Files:
    main: Files = {_PATH: f"{text}\n"}
    return main | {f"{_PATH}.d/{name}.conf": f"{value}\n" for name, value in drop_ins.items()}


def word(keyword: str, good: str, bad: str, *near: tuple[str, str]) -> Case:
    """A keyword: its good and its bad value, and whole texts with their verdicts."""
    default = tuple((sshd(text), verdict) for text, verdict in near)
    # The first one counts; of MaxStartups, for some versions, the last.
    comment = (sshd(f"{keyword} {bad}\n{keyword} {good}"), "FAILED")
    return Case(passing=sshd(f"{keyword} {good}"), failing=sshd(f"{keyword} {bad}"), near=(comment, *default))


CASES = {
    "ssh.root-login": word(
        "PermitRootLogin",
        "no",
        "yes",
        ("# PermitRootLogin no", "FAILED"),
        ("permitrootlogin=no", "PASSED"),
        ("PermitRootLogin prohibit-password", "FAILED"),
        ("PermitRootLogin no\nMatch Address 10.0.0.0/8\n PermitRootLogin yes", "FAILED"),
        ("PermitRootLogin no\nMatch User backup\n X11Forwarding yes", "PASSED"),
        ('PermitRootLogin "no" # never', "PASSED"),
    ),
    "ssh.empty-passwords": word("PermitEmptyPasswords", "no", "yes", ("", "PASSED")),
    "ssh.auth-tries": word(
        "MaxAuthTries", "4", "5", ("", "FAILED"), ("MaxAuthTries 0", "FAILED"), ("MaxAuthTries four", "FAILED")
    ),
    "ssh.login-grace-time": word(
        "LoginGraceTime", "1m", "61", ("LoginGraceTime 0", "FAILED"), ("LoginGraceTime 1m1s", "FAILED"), ("", "FAILED")
    ),
    "ssh.idle-connections": Case(
        passing=sshd("ClientAliveInterval 15\nClientAliveCountMax 3"),
        failing=sshd("ClientAliveInterval 0"),
        near=(
            (sshd("ClientAliveInterval 15\nClientAliveCountMax 0"), "FAILED"),
            (sshd("ClientAliveInterval 15"), "PASSED"),
        ),
    ),
    "ssh.host-based": word("HostbasedAuthentication", "no", "yes", ("", "PASSED")),
    "ssh.rhosts": word("IgnoreRhosts", "yes", "no", ("IgnoreRhosts shosts-only", "PASSED")),
    "ssh.user-environment": word("PermitUserEnvironment", "no", "LANG,LC_*", ("PermitUserEnvironment yes", "FAILED")),
    "ssh.x11-forwarding": word("X11Forwarding", "no", "yes", ("", "PASSED")),
    "ssh.tcp-forwarding": word(
        "AllowTcpForwarding", "no", "local", ("DisableForwarding yes", "PASSED"), ("", "FAILED")
    ),
    "ssh.ciphers": word(
        "Ciphers",
        "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com",
        "aes256-ctr,aes128-cbc",
        ("Ciphers -3des-cbc", "PASSED"),
        ("Ciphers +3des-cbc", "FAILED"),
        ("", "PASSED"),
    ),
    "ssh.macs": word(
        "MACs",
        "hmac-sha2-512-etm@openssh.com,hmac-sha2-256",
        "hmac-sha2-256,hmac-sha1",
        ("MACs -hmac-md5*", "PASSED"),
        ("MACs umac-64@openssh.com", "FAILED"),
        ("MACs umac-128@openssh.com", "PASSED"),
    ),
    "ssh.key-exchanges": word(
        "KexAlgorithms",
        "curve25519-sha256,diffie-hellman-group14-sha256",
        "diffie-hellman-group14-sha1",
        ("KexAlgorithms diffie-hellman-group1-sha1", "FAILED"),
        ("KexAlgorithms diffie-hellman-group16-sha512", "PASSED"),
    ),
    "ssh.banner": word("Banner", "/etc/issue.net", "none", ("", "FAILED")),
    "ssh.log-level": word("LogLevel", "VERBOSE", "QUIET", ("", "PASSED"), ("LogLevel DEBUG3", "FAILED")),
    "ssh.max-startups": word(
        "MaxStartups",
        "10:30:60",
        "10:30:100",
        ("", "FAILED"),
        ("MaxStartups 10", "PASSED"),
        ("MaxStartups 11", "FAILED"),
        ("MaxStartups 10:30", "FAILED"),
        ("MaxStartups 10:30:60\nMaxStartups 10:30:100", "FAILED"),
    ),
    "ssh.max-sessions": word("MaxSessions", "10", "11", ("", "PASSED")),
    "ssh.pam": word("UsePAM", "yes", "no", ("", "FAILED")),
    "ssh.who-may": Case(
        passing=sshd("Include /etc/ssh/sshd_config.d/*.conf", a="AllowGroups staff admins"),
        failing=sshd("PasswordAuthentication no"),
        near=(
            (sshd("PasswordAuthentication no", a="AllowGroups staff"), "FAILED"),  # not included
            (sshd("Match Address 10.0.0.0/8\nAllowUsers a"), "FAILED"),
            (sshd("DenyUsers games"), "PASSED"),
        ),
    ),
    "ssh.config-rights": Case(
        passing={_PATH: Mode(0o600)},
        failing={_PATH: Mode(0o644)},
        near=(({_PATH: Mode(0o600), f"{_PATH}.d/a.conf": Mode(0o640)}, "FAILED"), ({_PATH: Mode(0o400)}, "PASSED")),
    ),
    "ssh.host-keys": Case(
        passing={"etc/ssh/ssh_host_rsa_key": Mode(0o600), "etc/ssh/ssh_host_rsa_key.pub": Mode(0o644)},
        failing={"etc/ssh/ssh_host_rsa_key": Mode(0o644)},
        near=(
            ({"etc/ssh/ssh_host_rsa_key": Mode(0o640)}, "PASSED"),
            ({"etc/ssh/ssh_host_ed25519_key": Mode(0o660)}, "FAILED"),
        ),
    ),
}
