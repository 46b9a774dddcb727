"""A Debian root file system as debootstrap makes it: its inventory beside dpkg's, sshd's settings beside sshd's."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from garrison.scan.host_checks.configuration import sshd
from garrison.scan.host_checks.files import HostFiles
from garrison.scan.host_checks.run import run
from garrison.scan.inventory import scan_machine

pytestmark = pytest.mark.soak
_KEYWORDS = {
    "PermitRootLogin": ("yes", "no", "prohibit-password"),
    "MaxAuthTries": ("3", "7"),
    "X11Forwarding": ("yes", "no"),
    "ClientAliveInterval": ("15", "0"),
    "MaxStartups": ("10:30:60", "5:50:90"),
    "LogLevel": ("VERBOSE", "INFO", "ERROR"),
    "UsePAM": ("yes", "no"),
    "Banner": ("/etc/issue.net", "none"),
    "AllowTcpForwarding": ("no", "local", "yes"),
}


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        pytest.skip("it takes debootstrap, and root")
    root = tmp_path_factory.mktemp("debian") / "root"
    command = ["debootstrap", "--variant=minbase", "--include=openssh-server,sudo", "bookworm", str(root)]
    if subprocess.run(command, capture_output=True, check=False, timeout=1200).returncode:
        pytest.skip("debootstrap has no mirror here")
    yield root
    shutil.rmtree(root)


def inside(root: Path, *command: str) -> str:
    return subprocess.run(["chroot", str(root), *command], text=True, capture_output=True, check=True).stdout


def test_its_packages_are_those_dpkg_has(debian: Path) -> None:
    found = scan_machine(str(debian))
    assert found.complete
    told = set(inside(debian, "dpkg-query", "-W", "-f", "${Package} ${Version}\n").splitlines())
    assert {f"{p.name} {p.native_version}" for p in found.packages if p.collector == "debian-dpkg"} == told
    assert len(told) > 100


def test_every_check_can_tell_and_what_is_put_right_passes(debian: Path) -> None:
    before = {r.check.id: r.status for r in run(str(debian)).results}
    assert "ERROR" not in before.values()
    assert before["rights.hashes"] == before["rights.setuid"] == before["accounts.one-root"] == "PASSED"
    assert (before["ssh.root-login"], before["passwords.expire"]) == ("FAILED", "FAILED")
    config = debian / "etc/ssh/sshd_config"
    config.write_text(f"PermitRootLogin no\nMaxAuthTries 4\n{config.read_text()}")
    config.chmod(0o600)
    defs = debian / "etc/login.defs"
    defs.write_text(defs.read_text().replace("PASS_MAX_DAYS\t99999", "PASS_MAX_DAYS\t365"))
    shutil.copy2(debian / "bin/sh", debian / "usr/local/bin/backdoor")
    (debian / "usr/local/bin/backdoor").chmod(0o4755)
    (debian / "etc/passwd").write_text((debian / "etc/passwd").read_text() + "toor::0:0::/:/bin/sh\n")
    after = {r.check.id: r for r in run(str(debian)).results}
    for mended in ("ssh.root-login", "ssh.auth-tries", "ssh.config-rights", "passwords.expire"):
        assert after[mended].status == "PASSED", after[mended]
    for broken in ("rights.setuid", "accounts.one-root", "accounts.empty-passwords"):
        assert after[broken].status == "FAILED", after[broken]
    assert after["rights.setuid"].verdict.observed[0].startswith("usr/local/bin/backdoor 4755")


def test_sshd_reads_its_settings_as_the_checks_do(debian: Path) -> None:
    random_ = random.Random(7)
    inside(debian, "ssh-keygen", "-A")
    (debian / "run/sshd").mkdir(exist_ok=True)
    config, more = debian / "etc/ssh/sshd_config", debian / "etc/ssh/sshd_config.d/more.conf"
    for _ in range(40):
        config.write_text(_settings(random_, "Include /etc/ssh/sshd_config.d/*.conf"))
        more.write_text(_settings(random_, ""))
        told = dict(line.split(" ", 1) for line in inside(debian, "/usr/sbin/sshd", "-T").lower().splitlines())
        read = sshd.read(HostFiles(str(debian)))
        assert read is not None
        for keyword in _KEYWORDS:
            values = [s.value.lower() for s in read.values(keyword, "?") if not s.match]
            if values != ["?"]:
                # sshd says without-password of prohibit-password.
                ours = [v.replace("prohibit-password", "without-password") for v in values]
                assert told[keyword.lower()] in ours, (keyword, config.read_text(), more.read_text())
                assert len(values) == 1 or keyword == "MaxStartups"


def _settings(random_: random.Random, include: str) -> str:
    lines = []
    for keyword, values in random_.sample(sorted(_KEYWORDS.items()), 6):
        name = random_.choice([keyword, keyword.lower(), keyword.upper()])
        between = random_.choice([" ", "\t", "=", " = ", "  "])
        value = random_.choice(values)
        value = random_.choice([value, f'"{value}"', f"{value} # so be it"])
        lines.append(f"{random_.choice(['', '  ', '# '])}{name}{between}{value}")
    lines.insert(random_.randrange(len(lines) + 1), include)
    if random_.random() < 0.5:
        lines += ["Match Address 203.0.113.0/24", "  PermitRootLogin yes", "  X11Forwarding yes"]
    return "\n".join(lines) + "\n"
