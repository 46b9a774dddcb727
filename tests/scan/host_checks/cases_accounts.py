"""Cases of the areas `accounts` and `passwords`."""

from __future__ import annotations

from tests.scan.host_checks.roots import BASE, Case, Files, Folder

ROOT = "root:x:0:0:root:/root:/bin/bash\n"
ANNA = "anna:x:1000:1000::/home/anna:/bin/bash\n"
_HASH = "$y$j9T$abc$def"


def passwd(*lines: str) -> Files:
    return {"etc/passwd": ROOT + "".join(f"{line}\n" for line in lines)}


def group(*lines: str) -> Files:
    return {"etc/group": str(BASE["etc/group"]) + "".join(f"{line}\n" for line in lines)}


def shadow(*lines: str) -> Files:
    return {"etc/shadow": "".join(f"{line}\n" for line in lines)}


def login_defs(*lines: str) -> Files:
    return {"etc/login.defs": "".join(f"{line}\n" for line in lines)}


def pam(kind: str, *lines: str) -> Files:
    return {f"etc/pam.d/common-{kind}": "".join(f"{line}\n" for line in lines)}


_GOOD = shadow(f"root:{_HASH}:19000:1:365:7:30::")
_LOCKED = shadow("root:!:19000:0:99999:0:::")
_PWQUALITY = pam("password", "password requisite pam_pwquality.so retry=3", "password [success=1] pam_unix.so yescrypt")
_NO_QUALITY = pam("password", "password [success=1] pam_unix.so yescrypt")


def quality(text: str) -> Files:
    return {"etc/security/pwquality.conf": f"{text}\n"}


def ages(key: str, good: str, bad: str, shadow_bad: str) -> Case:
    return Case(
        files=_GOOD,
        passing=login_defs(f"{key}\t{good}"),
        failing=login_defs(f"{key} {bad}"),
        near=(
            (login_defs(f"# {key} {good}"), "FAILED"),
            (login_defs(f"{key} {good}") | shadow(shadow_bad), "FAILED"),
            (login_defs(f"{key} {good}") | _LOCKED, "PASSED"),
        ),
    )


CASES = {
    "passwords.expire": ages("PASS_MAX_DAYS", "365", "99999", f"root:{_HASH}:19000:1:366:7:30::"),
    "passwords.stay-a-day": ages("PASS_MIN_DAYS", "1", "0", f"root:{_HASH}:19000:0:365:7:30::"),
    "passwords.warn": ages("PASS_WARN_AGE", "7", "6", f"root:{_HASH}:19000:1:365::30::"),
    "passwords.inactive": Case(
        passing={"etc/default/useradd": "INACTIVE=30\n"} | _GOOD,
        failing={"etc/default/useradd": "INACTIVE=-1\n"} | _GOOD,
        near=(
            ({"etc/default/useradd": "INACTIVE=45\n"} | shadow(f"root:{_HASH}:1:1:365:7:46::"), "FAILED"),
            ({"etc/default/useradd": "#INACTIVE=30\n"}, "FAILED"),
        ),
    ),
    "passwords.hashing": Case(
        passing=login_defs("ENCRYPT_METHOD YESCRYPT") | _GOOD,
        failing=login_defs("ENCRYPT_METHOD MD5"),
        near=(
            (login_defs("ENCRYPT_METHOD SHA512") | shadow("root:$1$abc$def:1:1:365:7:30::"), "FAILED"),
            (login_defs("ENCRYPT_METHOD SHA512") | shadow("root:!$1$abc$def:1:1:365:7:30::"), "PASSED"),
            (login_defs("ENCRYPT_METHOD SHA512") | pam("password", "password required pam_unix.so md5"), "FAILED"),
            (login_defs("PASS_MAX_DAYS 1"), "FAILED"),
        ),
    ),
    "passwords.length": Case(
        passing=_PWQUALITY | quality("minlen = 14"),
        failing=_PWQUALITY | quality("minlen = 13"),
        near=(
            (_NO_QUALITY | quality("minlen = 14"), "FAILED"),
            (_PWQUALITY | quality("# minlen = 14"), "FAILED"),
            (_PWQUALITY | {"etc/security/pwquality.conf.d/50.conf": "minlen=15\n"}, "PASSED"),
            (pam("password", "password requisite pam_pwquality.so minlen=16"), "PASSED"),
        ),
    ),
    "passwords.variety": Case(
        passing=_PWQUALITY | quality("minclass = 3"),
        failing=_PWQUALITY | quality("minclass = 2"),
        near=(
            (_PWQUALITY | quality("dcredit = -1\nucredit = -1\nlcredit = -1"), "PASSED"),
            (_PWQUALITY | quality("dcredit = 1\nucredit = 1\nlcredit = 1"), "FAILED"),
            (_NO_QUALITY | quality("minclass = 4"), "FAILED"),
        ),
    ),
    "passwords.lockout": Case(
        passing=pam("auth", "auth required pam_faillock.so preauth deny=5 unlock_time=900"),
        failing=pam("auth", "auth required pam_unix.so"),
        near=(
            (pam("auth", "auth required pam_faillock.so deny=6"), "FAILED"),
            (pam("auth", "# auth required pam_faillock.so"), "FAILED"),
            (pam("auth", "auth required pam_faillock.so") | {"etc/security/faillock.conf": "deny = 0\n"}, "FAILED"),
            (pam("auth", "auth required pam_faillock.so unlock_time=60"), "FAILED"),
            (pam("auth", "auth required pam_faillock.so unlock_time=0"), "PASSED"),
            ({"etc/pam.d/system-auth": "auth required pam_faillock.so\n"}, "PASSED"),
        ),
    ),
    "passwords.history": Case(
        passing=pam("password", "password required pam_pwhistory.so remember=24 use_authtok"),
        failing=pam("password", "password required pam_pwhistory.so remember=5"),
        near=(
            (
                pam("password", "password required pam_pwhistory.so")
                | {"etc/security/pwhistory.conf": "remember = 24\n"},
                "PASSED",
            ),
            (
                pam("password", "password required pam_unix.so") | {"etc/security/pwhistory.conf": "remember = 24\n"},
                "FAILED",
            ),
        ),
    ),
    "passwords.no-empty-logins": Case(
        passing=pam("auth", "auth [success=1 default=ignore] pam_unix.so try_first_pass"),
        failing=pam("auth", "auth [success=1 default=ignore] pam_unix.so nullok"),
        near=(
            (pam("auth", "auth required pam_unix.so nullok_secure"), "FAILED"),
            (pam("auth", "auth required pam_unix.so # nullok"), "PASSED"),
            (pam("password", "password required \\\n pam_unix.so \\\n nullok"), "FAILED"),
        ),
    ),
    "passwords.su": Case(
        passing={"etc/pam.d/su": "auth required pam_wheel.so use_uid group=sugroup\n"},
        failing={"etc/pam.d/su": "# auth required pam_wheel.so\nauth sufficient pam_rootok.so\n"},
        near=(
            ({"etc/pam.d/su": "auth sufficient pam_wheel.so trust use_uid\n"}, "FAILED"),
            ({"etc/pam.d/su": "auth required pam_wheel.so deny group=nosu\n"}, "FAILED"),
        ),
    ),
    "accounts.empty-passwords": Case(
        bare="PASSED",
        passing=shadow("root:*:1::::::", "anna:!:1::::::"),
        failing=shadow("root:*:1::::::", "anna::1::::::"),
        near=((passwd("anna::1000:1000::/home/anna:/bin/bash"), "FAILED"), (shadow("+"), "FAILED")),
    ),
    "accounts.shadowed": Case(
        bare="PASSED",
        passing=passwd("anna:x:1000:1000::/home/anna:/bin/bash"),
        failing=passwd("anna:$6$abc$def:1000:1000::/home/anna:/bin/bash"),
        near=(
            (passwd("anna:*:1000:1000::/home/anna:/bin/bash"), "PASSED"),
            (passwd("anna:abJnggxhB/yWI:1000:1000::/:/bin/sh"), "FAILED"),
        ),
    ),
    "accounts.one-root": Case(
        bare="PASSED",
        passing=passwd("anna:x:1000:0::/home/anna:/bin/bash"),
        failing=passwd("toor:x:0:0::/root:/bin/bash"),
        near=((passwd("zero:x:00:0::/root:/bin/bash"), "FAILED"), (passwd("# toor:x:0:0::/root:/bin/sh"), "PASSED")),
    ),
    "accounts.root-group": Case(
        bare="PASSED",
        passing=passwd("sync:x:5:0::/sbin:/bin/sync"),
        failing=passwd("anna:x:1000:0::/home/anna:/bin/bash"),
        near=((group("wheel:x:0:anna"), "FAILED"), ({"etc/passwd": "root:x:0:1:::/bin/sh\n"}, "FAILED")),
    ),
    "accounts.unique-uids": Case(
        bare="PASSED",
        passing=passwd("a:x:1000:1::/:/bin/sh", "b:x:1001:1::/:/bin/sh"),
        failing=passwd("a:x:1000:1::/:/bin/sh", "b:x:1000:1::/:/bin/sh"),
    ),
    "accounts.unique-gids": Case(
        bare="PASSED", passing=group("a:x:10:", "b:x:11:"), failing=group("a:x:10:", "b:x:10:")
    ),
    "accounts.unique-names": Case(
        bare="PASSED",
        passing=passwd("a:x:1000:1::/:/bin/sh", "A:x:1001:1::/:/bin/sh"),
        failing=passwd("a:x:1000:1::/:/bin/sh", "a:x:1001:1::/:/bin/sh"),
        near=((group("a:x:10:", "a:x:11:"), "FAILED"), (passwd("a:x:1000:1::/:/bin/sh") | group("a:x:10:"), "PASSED")),
    ),
    "accounts.known-groups": Case(
        bare="PASSED",
        passing=passwd("a:x:1000:1000::/:/bin/sh") | group("a:x:1000:"),
        failing=passwd("a:x:1000:1000::/:/bin/sh"),
        near=((passwd("a:x:1000:1000::/:/bin/sh") | group("a:x:100:"), "FAILED"),),
    ),
    "accounts.shadow-group": Case(
        bare="PASSED",
        passing=group("staff:x:50:anna"),
        failing={"etc/group": "root:x:0:\nshadow:x:42:anna\n"},
        near=((passwd("anna:x:1000:42::/:/bin/sh"), "FAILED"), ({"etc/group": "root:x:0:\n"}, "SKIPPED")),
    ),
    "accounts.services-no-shell": Case(
        bare="PASSED",
        passing=passwd("www:x:33:33::/var/www:/usr/sbin/nologin", "sync:x:4:4::/bin:/bin/sync"),
        failing=passwd("www:x:33:33::/var/www:/bin/sh"),
        near=(
            (passwd("www:x:33:33::/var/www:"), "FAILED"),  # an empty field is /bin/sh
            (passwd("www:x:999:33::/var/www:/bin/false"), "PASSED"),
            (passwd("anna:x:500:33::/:/bin/sh") | {"etc/login.defs": "UID_MIN 500\n"}, "PASSED"),
        ),
    ),
    "accounts.legacy-lines": Case(
        bare="PASSED",
        passing=passwd("a+b:x:1000:1::/:/bin/sh"),
        failing=passwd("+::::::"),
        near=((group("+:::"), "FAILED"),),
    ),
    "accounts.homes": Case(
        passing=passwd(ANNA.strip()) | {"home/anna": Folder()},
        failing=passwd(ANNA.strip()),
        near=(
            (passwd("anna:x:1000:1000::/home/anna:/usr/sbin/nologin"), "SKIPPED"),
            (passwd("nobody:x:65534:65534::/nonexistent:/bin/sh"), "SKIPPED"),
        ),
    ),
    "accounts.home-rights": Case(
        files=passwd(ANNA.strip()),
        passing={"home/anna": Folder(0o750)},
        failing={"home/anna": Folder(0o755)},
        near=(({"home/anna": Folder(0o770)}, "FAILED"), ({"home/anna": Folder(0o700)}, "PASSED")),
    ),
    "accounts.dot-files": Case(
        bare="PASSED",
        files=passwd(ANNA.strip()),
        passing={"home/anna/.bashrc": "x"},
        failing={"home/anna/.netrc": "machine a login b password c"},
        near=(({"root/.rhosts": "+ +"}, "FAILED"), ({"home/other/.netrc": "x"}, "PASSED")),
    ),
    "accounts.umask": Case(
        bare="FAILED",
        passing={"etc/login.defs": "UMASK\t\t027\n", "etc/profile": "umask 027\n"},
        failing={"etc/login.defs": "UMASK 022\n"},
        near=(
            ({"etc/login.defs": "UMASK 077\n", "etc/profile.d/a.sh": "umask 002\n"}, "FAILED"),
            ({"etc/login.defs": "UMASK 027\n", "etc/profile": "# umask 022\n"}, "PASSED"),
            ({"etc/profile": "umask u=rwx,g=rx,o=\n"}, "PASSED"),
            ({"etc/profile": "umask u=rwx,g=rwx,o=\n"}, "FAILED"),
        ),
    ),
    "accounts.shell-timeout": Case(
        bare="FAILED",
        passing={"etc/profile.d/timeout.sh": "TMOUT=900\nreadonly TMOUT\nexport TMOUT\n"},
        failing={"etc/profile": "export TMOUT=3600\n"},
        near=(
            ({"etc/profile": "TMOUT=900\nexport TMOUT\n"}, "FAILED"),
            ({"etc/profile": "readonly TMOUT=600\n"}, "PASSED"),
            ({"etc/profile": "typeset -xr TMOUT=300\n"}, "PASSED"),
            ({"etc/profile": "# readonly TMOUT=600\n"}, "FAILED"),
            ({"etc/profile": "readonly TMOUT=0\n"}, "FAILED"),
        ),
    ),
}
