"""Passwords: how good, how old, how often tried."""

from __future__ import annotations

from garrison.scan.host_checks.check import Verdict, failed, host_check, passed, settled, skipped
from garrison.scan.host_checks.configuration import pam
from garrison.scan.host_checks.configuration.accounts import shadows
from garrison.scan.host_checks.configuration.assignments import settings
from garrison.scan.host_checks.files import HostFiles

_LOGIN_DEFS = "etc/login.defs"
_NO_LOGIN_DEFS = skipped(f"There is no {_LOGIN_DEFS}: passwords are not kept here.")
_NO_PAM = "There is no PAM stack that services share (etc/pam.d)."
_STRONG = ("yescrypt", "gost_yescrypt", "sha512", "bcrypt")


def _quality(host: HostFiles) -> dict[str, str]:
    """What pam_pwquality is told: its file, drop-ins by name, and arguments, which count most."""
    files = ("etc/security/pwquality.conf", *host.glob("etc/security/pwquality.conf.d", "*.conf"))
    made = settings(host, *files)
    for module in pam.stack(host, "password") or []:
        if module.name in ("pam_pwquality", "pam_cracklib"):
            made |= {"module": module.name}
            made |= {k: v for k, _, v in (a.partition("=") for a in module.arguments)}
    return made


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.lstrip("-").isdigit() else None


def _ages(host: HostFiles, key: str, field: str, lowest: int, highest: int) -> Verdict:
    """A setting of login.defs, which new accounts get, and what the accounts that have a password got."""
    if host.text(_LOGIN_DEFS) is None:
        return _NO_LOGIN_DEFS
    value = _whole(settings(host, _LOGIN_DEFS).get(key))
    wrong = [] if value is not None and lowest <= value <= highest else [f"{_LOGIN_DEFS}: {key} {value}"]
    for line in shadows(host) or ():
        days: int | None = getattr(line, field)
        if line.usable and not (days is not None and lowest <= days <= highest):
            wrong.append(f"etc/shadow: {line.name}: {days} days")
    return settled(wrong, good=f"{key} is {value}, and every password follows it.", bad=f"{key} is not kept to.")


@host_check(
    "passwords.expire",
    "Passwords expire within a year",
    level=1,
    fix="PASS_MAX_DAYS 365 in /etc/login.defs; chage -M 365 USER",
)
def expire(host: HostFiles) -> Verdict:
    """Reads PASS_MAX_DAYS of login.defs and the ages in shadow. A password that leaked unnoticed stops working."""
    return _ages(host, "PASS_MAX_DAYS", "max_days", 1, 365)


@host_check(
    "passwords.stay-a-day",
    "A new password stays for a day",
    level=2,
    fix="PASS_MIN_DAYS 1 in /etc/login.defs; chage -m 1 USER",
)
def stay_a_day(host: HostFiles) -> Verdict:
    """Reads PASS_MIN_DAYS of login.defs and the ages in shadow. Else the remembered old passwords are run through in a
    minute, to have the first again."""
    return _ages(host, "PASS_MIN_DAYS", "min_days", 1, 99999)


@host_check(
    "passwords.warn",
    "Users are warned a week before a password expires",
    level=1,
    fix="PASS_WARN_AGE 7 in /etc/login.defs; chage -W 7 USER",
)
def warn(host: HostFiles) -> Verdict:
    """Reads PASS_WARN_AGE of login.defs and shadow. Who is not warned is locked out, or takes the next best
    password."""
    return _ages(host, "PASS_WARN_AGE", "warn_days", 7, 99999)


@host_check(
    "passwords.inactive",
    "An expired password locks its account within 45 days",
    level=1,
    fix="useradd -D -f 45; chage -I 45 USER",
)
def inactive(host: HostFiles) -> Verdict:
    """Reads INACTIVE of default/useradd and shadow. Accounts nobody uses any more are the ones nobody watches."""
    if host.text("etc/default/useradd") is None and shadows(host) is None:
        return skipped("There are neither etc/default/useradd nor etc/shadow.")
    value = _whole(settings(host, "etc/default/useradd").get("INACTIVE"))
    wrong = [] if value is not None and 0 <= value <= 45 else [f"etc/default/useradd: INACTIVE {value}"]
    wrong += [
        f"etc/shadow: {line.name}: {line.inactive_days}"
        for line in shadows(host) or ()
        if line.usable and not (line.inactive_days is not None and 0 <= line.inactive_days <= 45)
    ]
    return settled(wrong, good=f"INACTIVE is {value}, and every password follows it.", bad="Accounts stay open.")


@host_check(
    "passwords.hashing",
    "Passwords are kept as slow hashes",
    level=1,
    fix="ENCRYPT_METHOD YESCRYPT in /etc/login.defs; yescrypt at pam_unix.so; then new passwords",
)
def hashing(host: HostFiles) -> Verdict:
    """Reads ENCRYPT_METHOD of login.defs, the word at pam_unix, and the kinds of hash in shadow. DES, MD5 and SHA-256
    hashes of a stolen file are tried by the billion."""
    if host.text(_LOGIN_DEFS) is None:
        return _NO_LOGIN_DEFS
    method = settings(host, _LOGIN_DEFS).get("ENCRYPT_METHOD", "DES")
    wrong = [] if method.lower() in _STRONG else [f"{_LOGIN_DEFS}: ENCRYPT_METHOD {method}"]
    for module in pam.stack(host, "password") or []:
        if module.name == "pam_unix":
            weak = [a for a in module.arguments if a in ("md5", "bigcrypt", "sha256", "des")]
            wrong += [f"{module.where}: pam_unix {word}" for word in weak]
    strong = ("$y$", "$gy$", "$6$", "$2b$", "$2y$", "$7$")
    wrong += [f"etc/shadow: {s.name}" for s in shadows(host) or () if s.usable and not s.password.startswith(strong)]
    return settled(wrong, good=f"{method}, and no older hash is left.", bad="Some passwords are kept as weak hashes.")


@host_check(
    "passwords.length",
    "A password has 14 characters or more",
    level=1,
    fix="minlen = 14 in /etc/security/pwquality.conf, with pam_pwquality.so in the password stack",
)
def length(host: HostFiles) -> Verdict:
    """Reads minlen of pwquality and whether the password stack asks pam_pwquality. Length is what guessing meets
    first."""
    if pam.stack(host, "password") is None:
        return skipped(_NO_PAM)
    quality = _quality(host)
    if "module" not in quality:
        return failed("No module of the password stack looks at how good a new password is.")
    value = _whole(quality.get("minlen")) or 8
    return passed(f"minlen is {value}.") if value >= 14 else failed(f"minlen is {value}, not 14.")


@host_check(
    "passwords.variety",
    "A password mixes kinds of characters",
    level=1,
    fix="minclass = 3 in /etc/security/pwquality.conf, with pam_pwquality.so in the password stack",
)
def variety(host: HostFiles) -> Verdict:
    """Reads minclass, dcredit, ucredit, lcredit and ocredit of pwquality: three kinds of characters at least, by either
    way of asking for them."""
    if pam.stack(host, "password") is None:
        return skipped(_NO_PAM)
    quality = _quality(host)
    if "module" not in quality:
        return failed("No module of the password stack looks at how good a new password is.")
    asked = sum((_whole(quality.get(k)) or 0) < 0 for k in ("dcredit", "ucredit", "lcredit", "ocredit"))
    kinds = max(asked, _whole(quality.get("minclass")) or 0)
    return passed(f"{kinds} kinds are asked for.") if kinds >= 3 else failed(f"{kinds} kinds are asked for, not 3.")


@host_check(
    "passwords.lockout",
    "Five wrong passwords lock an account",
    level=1,
    fix="deny = 5 and unlock_time = 900 in /etc/security/faillock.conf, with pam_faillock.so in the auth stack",
)
def lockout(host: HostFiles) -> Verdict:
    """Reads the auth stack for pam_faillock (or pam_tally2), its file and its arguments. Without a limit a password is
    guessed at leisure."""
    stack = pam.stack(host, "auth")
    if stack is None:
        return skipped(_NO_PAM)
    found = [m for m in stack if m.name in ("pam_faillock", "pam_tally2")]
    if not found:
        return failed("No module of the auth stack counts wrong passwords.")
    told = settings(host, "etc/security/faillock.conf")
    for module in found:
        for key in ("deny", "unlock_time"):
            if (value := module.argument(key)) is not None:
                told[key] = value
    deny, unlock = _whole(told.get("deny", "3")), _whole(told.get("unlock_time", "600"))
    wrong = [] if deny is not None and 1 <= deny <= 5 else [f"deny {deny}"]
    if unlock is None or 0 < unlock < 600:
        wrong.append(f"unlock_time {unlock}")
    return settled(wrong, good=f"Locked after {deny} tries, for {unlock} s.", bad="The lock is too weak.")


@host_check(
    "passwords.history",
    "The last 24 passwords are not taken again",
    level=1,
    fix="remember = 24 in /etc/security/pwhistory.conf, with pam_pwhistory.so in the password stack",
)
def history(host: HostFiles) -> Verdict:
    """Reads the password stack for remember at pam_pwhistory or pam_unix, and pwhistory.conf. An old password that
    leaked would come back."""
    stack = pam.stack(host, "password")
    if stack is None:
        return skipped(_NO_PAM)
    remembered = [0]
    for module in stack:
        if module.name in ("pam_pwhistory", "pam_unix"):
            remembered.append(_whole(module.argument("remember")) or 0)
        if module.name == "pam_pwhistory":
            remembered.append(_whole(settings(host, "etc/security/pwhistory.conf").get("remember")) or 0)
    most = max(remembered)
    return passed(f"{most} are remembered.") if most >= 24 else failed(f"{most} are remembered, not 24.")


@host_check(
    "passwords.no-empty-logins",
    "PAM lets nobody in without a password",
    level=1,
    fix="Remove nullok from pam_unix.so in /etc/pam.d",
)
def no_empty_logins(host: HostFiles) -> Verdict:
    """Reads the shared stacks for nullok at pam_unix: with it, an account whose password is empty is open."""
    stacks = [pam.stack(host, kind) for kind in ("auth", "password")]
    if all(s is None for s in stacks):
        return skipped(_NO_PAM)
    found = [m for s in stacks for m in s or () if m.name == "pam_unix"]
    wrong = [f"{m.where}: {m.kind} pam_unix {a}" for m in found for a in m.arguments if a.startswith("nullok")]
    return settled(wrong, good="No nullok.", bad="An empty password is a password here.")


@host_check(
    "passwords.su",
    "Only members of one group become root by su",
    level=1,
    fix="auth required pam_wheel.so use_uid group=sugroup in /etc/pam.d/su, with an empty group",
)
def su(host: HostFiles) -> Verdict:
    """Reads pam.d/su for pam_wheel as a requirement. Else everybody with a shell can try root's password."""
    if host.text("etc/pam.d/su") is None:
        return skipped("There is no su (etc/pam.d/su).")
    for module in pam.modules(host, "etc/pam.d/su"):
        if module.kind == "auth" and module.name == "pam_wheel":
            stops = module.control in ("required", "requisite") or "default=die" in module.control
            if stops and module.argument("trust") is None and module.argument("deny") is None:
                return passed(f"pam_wheel {' '.join(module.arguments)}.")
    return failed("su does not ask which group its user is in (no required pam_wheel).")
