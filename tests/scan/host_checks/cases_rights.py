"""Cases of the areas `rights` and `sudo`."""

from __future__ import annotations

from tests.scan.host_checks.roots import Case, Files, Folder, Mode


def modes(path: str, good: int, bad: int, *near: tuple[Files, str]) -> Case:
    return Case(passing={path: Mode(good)}, failing={path: Mode(bad)}, near=near)


def sudoers(*lines: str) -> Files:
    return {"etc/sudoers": "".join(f"{line}\n" for line in ("@includedir /etc/sudoers.d", *lines))}


def setting(good: str, bad: str, *near: tuple[Files, str]) -> Case:
    return Case(
        passing=sudoers(f"Defaults {good}"),
        failing=sudoers(f"Defaults {bad}"),
        near=((sudoers(f"# Defaults {good}", f"Defaults {bad}"), "FAILED"), *near),
    )


_SHELL: Files = {"usr/bin/passwd": Mode(0o4755)}

CASES = {
    "rights.accounts": Case(
        bare="PASSED",
        passing={"etc/group-": Mode(0o600)},
        failing={"etc/passwd-": Mode(0o664)},
        near=(({"etc/group": Mode(0o646, "root:x:0:\n")}, "FAILED"),),
    ),
    "rights.hashes": modes(
        "etc/shadow",
        0o640,
        0o644,
        ({"etc/shadow": Mode(0o600), "etc/gshadow-": Mode(0o660)}, "FAILED"),
        ({"etc/shadow": Mode(0)}, "PASSED"),
    ),
    "rights.old-passwords": modes("etc/security/opasswd", 0o600, 0o640),
    "rights.shells": modes("etc/shells", 0o644, 0o664),
    "rights.root-home": Case(passing={"root": Folder(0o700)}, failing={"root": Folder(0o755)}),
    "rights.cron": Case(
        passing={"etc/crontab": Mode(0o600), "etc/cron.d": Folder(0o700)},
        failing={"etc/crontab": Mode(0o600), "etc/cron.d": Folder(0o755)},
        near=(({"etc/crontab": Mode(0o644)}, "FAILED"),),
    ),
    "rights.cron-users": Case(
        passing={"etc/crontab": "x", "etc/cron.allow": Mode(0o640)},
        failing={"etc/crontab": "x", "etc/cron.deny": "games\n"},
        near=(
            ({"etc/crontab": "x", "etc/cron.allow": Mode(0o644)}, "FAILED"),
            ({"etc/crontab": "x", "etc/cron.allow": Mode(0o600), "etc/at.deny": "x"}, "FAILED"),
        ),
    ),
    "rights.logs": Case(
        passing={"var/log/auth.log": Mode(0o640), "var/log/wtmp": Mode(0o664), "var/log/dpkg.log": Mode(0o644)},
        failing={"var/log/auth.log": Mode(0o644)},
        near=(({"var/log/wtmp": Mode(0o666)}, "FAILED"),),
    ),
    "rights.world-writable": Case(
        bare="PASSED",
        passing={"srv/a": Mode(0o664), "proc/x": Mode(0o666), "srv/open": Folder(0o1777)},
        failing={"srv/deep/er/a": Mode(0o666)},
        near=(({"srv/proc/a": Mode(0o602)}, "FAILED"),),
    ),
    "rights.sticky": Case(
        bare="PASSED",
        passing={"tmp": Folder(0o1777)},
        failing={"tmp": Folder(0o777)},
        near=(({"srv/share": Folder(0o773)}, "FAILED"),),
    ),
    "rights.setuid": Case(
        bare="PASSED",
        passing=_SHELL,
        failing={"usr/bin/shell": Mode(0o4755)},
        near=(
            ({"home/anna/passwd": Mode(0o4755)}, "FAILED"),
            ({"srv/a": Mode(0o4644)}, "PASSED"),
            ({"usr/local/bin/su": Mode(0o2755)}, "FAILED"),
        ),
    ),
    "sudo.terminal": setting(
        "use_pty",
        "!use_pty",
        (sudoers("Defaults env_reset, use_pty"), "PASSED"),
        (sudoers("Defaults:anna use_pty"), "FAILED"),
    ),
    "sudo.log": setting(
        'logfile="/var/log/sudo.log"',
        "logfile",
        (sudoers() | {"etc/sudoers.d/log": "Defaults logfile=/var/log/sudo\n"}, "PASSED"),
        (sudoers() | {"etc/sudoers.d/log.bak": "Defaults logfile=/var/log/sudo\n"}, "FAILED"),
    ),
    "sudo.password": Case(
        passing=sudoers("%sudo ALL=(ALL:ALL) ALL"),
        failing=sudoers("anna ALL=(ALL) NOPASSWD: ALL"),
        near=(
            (sudoers() | {"etc/sudoers.d/90-cloud": "debian ALL=(ALL) NOPASSWD:ALL\n"}, "FAILED"),
            (sudoers("# anna ALL=(ALL) NOPASSWD: ALL"), "PASSED"),
            (sudoers("#1000 ALL=(ALL) NOPASSWD: ALL"), "FAILED"),  # a uid, no comment
            (sudoers("anna ALL=(ALL) \\", " NOPASSWD: ALL"), "FAILED"),
        ),
    ),
    "sudo.authenticate": Case(
        passing=sudoers("Defaults env_reset"),
        failing=sudoers("Defaults:anna !authenticate"),
        near=((sudoers("Defaults authenticate"), "PASSED"), (sudoers("Defaults env_reset, ! authenticate"), "FAILED")),
    ),
    "sudo.remembers": setting(
        "timestamp_timeout=15",
        "timestamp_timeout=-1",
        (sudoers(), "PASSED"),
        (sudoers("Defaults timestamp_timeout=60"), "FAILED"),
        (sudoers("Defaults timestamp_timeout=0"), "PASSED"),
        (sudoers("Defaults timestamp_timeout=soon"), "FAILED"),
    ),
    "sudo.rights": Case(
        passing={"etc/sudoers": Mode(0o440), "etc/sudoers.d": Folder(0o750)},
        failing={"etc/sudoers": Mode(0o644)},
        near=(
            ({"etc/sudoers": Mode(0o440), "etc/sudoers.d/a": Mode(0o640)}, "FAILED"),
            ({"etc/sudoers": Mode(0o440), "etc/sudoers.d": Folder(0o777)}, "FAILED"),
        ),
    ),
}
