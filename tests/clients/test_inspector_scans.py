"""`garrison scan` of real targets as its users run it, each against what is known of it by another way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.scan.inventory.images import DEBIAN, docker_archive, layer_tar, status
from tests.scan.sources import CRITICAL, database, osv, since

pytestmark = pytest.mark.client

ADVISORIES = (
    osv("PYSEC-2021-109", "PyPI", "django", [*since("3.1", "3.1.13"), *since("3.2", "3.2.5")],
        aliases=["CVE-2021-35042"], severity=[{"type": "CVSS_V3", "score": CRITICAL}]),
    osv("PYSEC-2021-142", "PyPI", "pyyaml", since("0", "5.4"), aliases=["CVE-2020-14343"]),
    osv("GHSA-35jh-r3h4-6jhm", "npm", "lodash", since("0", "4.17.21"), aliases=["CVE-2021-23337"]),
    osv("GHSA-xvch-5gv4-984h", "npm", "minimist", since("0", "1.2.6"), aliases=["CVE-2021-44906"]),
    osv("DSA-5532-1", "Debian:12", "openssl", since("0", "3.0.11-1~deb12u2"), related=["CVE-2023-5363"]),
)  # fmt: skip
"""What these real vulnerabilities have, in the form of OSV."""


class Scanned(NamedTuple):
    code: int
    report: dict[str, Any]
    said: str

    def found(self) -> dict[str, tuple[str, str]]:
        """Id of a vulnerability -> the package that has it, as NAME@VERSION, and where it is fixed."""
        return {
            finding["id"]: (f"{one['name']}@{one['version']}", one["fixed_version"])
            for finding in self.report["findings"]
            for one in finding["packages"]
        }


def scan(tmp_path: Path, target: Path | str, *options: str) -> Scanned:
    """What `garrison scan TARGET` says, in a process of its own."""
    database(tmp_path, *ADVISORIES).close()
    command = [sys.executable, "-m", "garrison.cli.main", "scan", str(target), "-o", "json", *options]
    env = os.environ | {"GARRISON_DATA": str(tmp_path / "data"), "GARRISON_INSPECTOR_DATABASE": str(tmp_path / "v.db")}
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return Scanned(done.returncode, json.loads(done.stdout or "{}"), done.stderr)


def test_this_machine_has_the_packages_that_its_own_package_manager_lists(tmp_path: Path) -> None:
    scanned = scan(tmp_path, "host")
    assert scanned.report["kind"] == "HOST"
    assert scanned.code == (0 if scanned.report["complete"] else 3)
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}\n"], capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this machine has no dpkg")
    assert scanned.report["packages"] >= listed.stdout.splitlines().count("installed") > 50


def test_a_python_and_a_node_project_with_pins_known_to_be_vulnerable(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "web").mkdir(parents=True)
    (project / "requirements.txt").write_text("Django==3.2.0\nPyYAML==5.3\nrequests==2.32.4\n")
    pinned = {"lodash": "4.17.20", "minimist": "1.2.5", "left-pad": "1.3.0"}
    packages = {f"node_modules/{name}": {"version": version} for name, version in pinned.items()}
    (project / "web" / "package-lock.json").write_text(
        json.dumps({"name": "web", "lockfileVersion": 3, "packages": {"": {}, **packages}})
    )
    scanned = scan(tmp_path, project, "--fail-on", "critical")
    assert scanned.code == 1
    assert scanned.found() == {
        "CVE-2021-35042": ("django@3.2.0", "3.2.5"),
        "CVE-2020-14343": ("pyyaml@5.3", "5.4"),
        "CVE-2021-23337": ("lodash@4.17.20", "4.17.21"),
        "CVE-2021-44906": ("minimist@1.2.5", "1.2.6"),
    }


def test_an_image_assembled_here_is_scanned_by_layer_and_a_fixed_base_is_clean(tmp_path: Path) -> None:
    def image(version: str) -> Path:
        base = layer_tar({"etc/os-release": DEBIAN, "var/lib/dpkg/status": status(("openssl", version))})
        docker_archive(tmp_path / "image.tar", [base, layer_tar({"app/requirements.txt": b"django==3.2.5\n"})])
        return tmp_path / "image.tar"

    assert scan(tmp_path, image("3.0.11-1~deb12u1")).found() == {
        "CVE-2023-5363": ("openssl@3.0.11-1~deb12u1", "3.0.11-1~deb12u2")
    }
    assert scan(tmp_path, image("3.0.11-1~deb12u2")).found() == {}


def test_a_debian_root_in_which_one_package_is_older_than_its_fix(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "etc/os-release").write_bytes(DEBIAN)
    (root / "var/lib/dpkg/status").write_bytes(status(("openssl", "3.0.9-1"), ("bash", "5.2.15-2")))
    scanned = scan(tmp_path, root)
    assert scanned.report["os"]["ecosystem"] == "Debian:12"
    assert set(scanned.found()) == {"CVE-2023-5363"}


def bomb(place: Path) -> Path:
    """An archive in an archive that unpacks to a thousand times its size."""
    with zipfile.ZipFile(place / "bomb.jar", "w", zipfile.ZIP_DEFLATED) as jar:
        jar.writestr("inner.jar", bytes(64 << 20))
    return place / "bomb.jar"


def escaping(place: Path) -> Path:
    layer = layer_tar({"../../etc/passwd": b"root", "etc/os-release": DEBIAN})
    docker_archive(place / "escaping.tar", [layer])
    return place / "escaping.tar"


def cut_off(place: Path) -> Path:
    layers = [layer_tar({"etc/os-release": DEBIAN}), layer_tar({"var/lib/dpkg/status": status(("bash", "5.2"))})[:700]]
    docker_archive(place / "cut.tar", layers)
    return place / "cut.tar"


def no_list(place: Path) -> Path:
    (place / "bom.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": 5}')
    return place / "bom.json"


def incomplete(place: Path) -> Path:
    """What was written of an image that could not be read whole."""
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "compositions": [{"aggregate": "incomplete"}]}
    (place / "bom.json").write_text(json.dumps(document))
    return place / "bom.json"


def malformed(place: Path) -> Path:
    (place / "bom.json").write_text(
        '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [1, {}, {"name": 5}]}'
    )
    return place / "bom.json"


@pytest.mark.parametrize("make", [bomb, escaping, cut_off, malformed, no_list, incomplete])
def test_a_hostile_target_is_told_in_words_and_never_shown_as_whole(tmp_path: Path, make: Any) -> None:
    scanned = scan(tmp_path, make(tmp_path))
    assert scanned.code == 3
    assert scanned.report.get("complete", False) is False
    assert "NOT COMPLETE" in scanned.said or "Error" in scanned.said
