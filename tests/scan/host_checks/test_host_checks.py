"""Every check of a host on root file systems that pass it, fail it, and look much like the other."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from garrison.cli.main import cli
from garrison.scan.host_checks import Status, load
from garrison.scan.host_checks.check import Verdict
from garrison.scan.host_checks.run import run
from tests.scan.host_checks import cases_accounts, cases_kernel, cases_rights, cases_services, cases_ssh
from tests.scan.host_checks.roots import Files, dpkg, make

CASES = cases_ssh.CASES | cases_accounts.CASES | cases_kernel.CASES | cases_rights.CASES | cases_services.CASES
NOT_BY_MODE = {"rights.unowned"}
"""Checks whose failing root takes files of others: shown where the tests run as root."""


def verdict(root: Path, check: str) -> Verdict:
    (result,) = run(str(root), only=[check]).results
    return result.verdict


@pytest.mark.parametrize("check", sorted(CASES))
def test_a_check_tells_good_from_bad_and_from_what_looks_like_it(check: str, tmp_path: Path) -> None:
    case = CASES[check]
    tried: list[tuple[Files, str]] = [(case.passing, "PASSED"), (case.failing, "FAILED"), *case.near]
    for number, (files, expected) in enumerate(tried):
        told = verdict(make(tmp_path / str(number), case.files, files), check)
        assert told.status == expected, (files, told)
        assert told.reason.endswith(".") or told.status is Status.PASSED
    assert verdict(make(tmp_path / "bare"), check).status == case.bare


def test_every_check_has_its_cases() -> None:
    assert set(load()) == CASES.keys() | NOT_BY_MODE
    assert len(load()) > 120


def test_a_check_says_what_it_reads_why_and_what_to_do() -> None:
    for check in load().values():
        assert check.title, check.id
        assert check.remediation, check.id
        assert len(check.description) > 60, check.id
        assert check.description.endswith("."), check.id
        assert len(check.id) <= 64
        assert check.security_level in ("LEVEL_1", "LEVEL_2")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_files_of_others_are_seen(tmp_path: Path) -> None:
    root = make(tmp_path / "a", {"srv/a": "x", "etc/shadow": "root:!:1::::::\n"})
    assert verdict(root, "rights.unowned").status == "PASSED"
    os.chown(root / "srv/a", 4321, 0)
    os.chown(root / "etc/shadow", 0, 42)
    (root / "etc/shadow").chmod(0o640)
    told = verdict(root, "rights.unowned")
    assert told.status == "FAILED"
    assert told.observed == ("srv/a 0644 4321:0",)
    assert verdict(root, "rights.hashes").status == "PASSED"  # the group shadow's
    os.chown(root / "etc/shadow", 0, 4321)
    assert verdict(root, "rights.hashes").status == "FAILED"
    os.chown(root / "etc/passwd", 4321, 0)
    assert verdict(root, "rights.accounts").status == "FAILED"


def test_links_do_not_lead_out_of_the_root(tmp_path: Path) -> None:
    secret = tmp_path / "outside"
    secret.write_text("PermitRootLogin no\n")
    root = make(tmp_path / "root")
    (root / "etc/ssh").mkdir()
    (root / "etc/ssh/sshd_config").symlink_to(secret)
    assert verdict(root, "ssh.root-login").status == "SKIPPED"
    (root / "etc/ssh/sshd_config").unlink()
    (root / "etc/ssh/sshd_config").symlink_to("/etc/ssh/main")  # as the host itself would follow it
    (root / "etc/ssh/main").write_text("PermitRootLogin no\n")
    assert verdict(root, "ssh.root-login").status == "PASSED"


def test_what_cannot_be_read_is_an_error_and_no_pass(tmp_path: Path) -> None:
    root = make(tmp_path / "root", {"var/lib/dpkg/status": "\0\0nothing\n"})
    assert verdict(root, "services.monitoring").status == "ERROR"
    (root / "etc/shadow").write_bytes(b"x" * (5 << 20))
    told = verdict(root, "accounts.empty-passwords")
    assert told.status == "ERROR"
    assert "etc/shadow is larger" in told.reason
    (root / "etc/passwd").write_bytes(b"\xff\xfe:garbage\n")
    assert verdict(root, "accounts.one-root").status == "ERROR"


def test_a_hostile_root_ends_no_check(tmp_path: Path) -> None:
    root = make(
        tmp_path / "root",
        {
            "etc/ssh/sshd_config": "Include /etc/ssh/sshd_config\nMatch\n=\nCiphers\n",
            "etc/sudoers": "@include /etc/sudoers\nDefaults\n",
        },
    )
    os.mkfifo(root / "etc/login.defs")
    (root / "etc/profile").symlink_to("profile")
    report = run(str(root))
    assert not [r for r in report.results if "The check itself failed" in r.verdict.reason]
    assert len(report.results) == len(load())


def test_the_command_prints_tells_and_fails_as_asked(tmp_path: Path) -> None:
    root = str(make(tmp_path / "root", cases_ssh.sshd("PermitRootLogin yes\nX11Forwarding yes"), dpkg("telnetd")))
    ask = ["inspector", "checks", "--root", root]
    told = CliRunner().invoke(cli, [*ask, "ssh.root-login", "services", "-o", "json"])
    assert told.exit_code == 0, told.output
    document = json.loads(told.stdout)
    assert document["counts"]["failed"] == 2
    assert document["complete"]
    first = next(c for c in document["checks"] if c["id"] == "ssh.root-login")
    assert first["status"] == "FAILED"
    assert first["observed"] == ["etc/ssh/sshd_config:1: PermitRootLogin yes"]
    assert CliRunner().invoke(cli, [*ask, "ssh.root-login", "--fail-on", "1"]).exit_code == 1
    assert CliRunner().invoke(cli, [*ask, "ssh.x11-forwarding", "--fail-on", "1"]).exit_code == 0  # level 2
    assert CliRunner().invoke(cli, [*ask, "ssh.x11-forwarding", "--fail-on", "2"]).exit_code == 1
    excepted = [*ask, "ssh.root-login", "--fail-on", "1", "--except", "ssh.root-login=a jump host, keys alone"]
    assert CliRunner().invoke(cli, excepted).exit_code == 0
    assert CliRunner().invoke(cli, [*excepted, "--except", "ssh.banner"]).exit_code == 2
    log = json.loads(CliRunner().invoke(cli, [*ask, "ssh", "-o", "sarif"]).stdout)["runs"][0]
    assert {r["ruleId"] for r in log["results"]} >= {"ssh.root-login"}
    assert "etc/ssh/sshd_config" in json.dumps(log["results"])
    assert "<code>ssh.root-login</code>" in CliRunner().invoke(cli, [*ask, "-o", "html"]).stdout
    assert CliRunner().invoke(cli, [*ask, "nothing"]).exit_code == 2
    assert "ssh.banner" in CliRunner().invoke(cli, ["inspector", "checks", "--list"]).stdout
