"""Which distribution a root file system is, and what OSV calls it.

Source of the names: the OSV schema's list of ecosystems. A distribution that is not in it is named in the same manner,
so that advisories imported from its own feed have somewhere to stand.
"""

from __future__ import annotations

import re
import shlex

from garrison.scan.inventory.model import OsRelease

PATHS = ("etc/os-release", "usr/lib/os-release")
FALLBACKS = ("etc/debian_version", "etc/alpine-release", "etc/system-release", "etc/redhat-release")

_CODENAMES = {
    "debian": {
        "wheezy": "7",
        "jessie": "8",
        "stretch": "9",
        "buster": "10",
        "bullseye": "11",
        "bookworm": "12",
        "trixie": "13",
        "forky": "14",
    },
    "ubuntu": {
        "trusty": "14.04",
        "xenial": "16.04",
        "bionic": "18.04",
        "focal": "20.04",
        "groovy": "20.10",
        "hirsute": "21.04",
        "impish": "21.10",
        "jammy": "22.04",
        "kinetic": "22.10",
        "lunar": "23.04",
        "mantic": "23.10",
        "noble": "24.04",
        "oracular": "24.10",
        "plucky": "25.04",
        "questing": "25.10",
        "resolute": "26.04",
    },
}
_MAJOR_ONLY = {
    "almalinux": "AlmaLinux",
    "rocky": "Rocky Linux",
    "rhel": "Red Hat",
    "centos": "CentOS",
    "ol": "Oracle Linux",
    "amzn": "Amazon Linux",
    "fedora": "Fedora",
    "mageia": "Mageia",
}
_WHOLE = {
    "opensuse-leap": "openSUSE:Leap ",
    "photon": "Photon OS:",
    "openeuler": "openEuler:",
    "bottlerocket": "Bottlerocket:",
}
_UNVERSIONED = {
    "wolfi": "Wolfi",
    "chainguard": "Chainguard",
    "minimos": "MinimOS",
    "opensuse-tumbleweed": "openSUSE:Tumbleweed",
    "arch": "Arch Linux",
}


def ecosystem_of(system: str, version: str) -> str:
    """OSV's name of a distribution's release: `ecosystem_of("ubuntu", "22.04")` is `Ubuntu:22.04:LTS`.

    Empty: a distribution not known here.
    """
    if system in _UNVERSIONED:
        return _UNVERSIONED[system]
    if system == "debian":
        major = version.partition(".")[0]
        return f"Debian:{major}" if major.isdigit() else "Debian"
    if system == "ubuntu":
        match = re.match(r"(\d+)\.(\d+)", version)
        if not match:
            return "Ubuntu"
        lts = int(match[1]) % 2 == 0 and match[2] == "04"
        return f"Ubuntu:{match[0]}" + (":LTS" if lts else "")
    if system == "alpine":
        match = re.match(r"v?(\d+\.\d+)(?!.*_(alpha|pre))", version)
        return f"Alpine:v{match[1]}" if match else "Alpine:edge"
    if system in ("azurelinux", "mariner"):
        return f"Azure Linux:{version.partition('.')[0]}" if version else "Azure Linux"
    if system in ("sles", "sled", "sles_sap"):
        major, _, pack = version.partition(".")
        if not major:
            return "SUSE"
        if int(major) >= 16 if major.isdigit() else False:
            return f"SUSE:Linux Enterprise Server {version}"
        return f"SUSE:Linux Enterprise Server {major}" + (f" SP{pack}" if pack and pack != "0" else "")
    if system in _MAJOR_ONLY:
        major = version.partition(".")[0]
        # Amazon Linux 1 is versioned by the month: 2018.03
        if system == "amzn" and major == "2018":
            major = "1"
        return f"{_MAJOR_ONLY[system]}:{major}" if major else _MAJOR_ONLY[system]
    if system in _WHOLE:
        return f"{_WHOLE[system]}{version}".rstrip(": ")
    return ""


def release_of_codename(system: str, codename: str) -> str:
    """`12` of `bookworm`; empty: not known."""
    return _CODENAMES.get(system, {}).get(codename.partition("/")[0], "")


def parse(content: bytes) -> OsRelease | None:
    """What an os-release file says; None when it names no distribution."""
    fields: dict[str, str] = {}
    for line in content[:65536].decode("utf-8", "replace").splitlines():
        key, equals, value = line.strip().partition("=")
        if not equals or key.startswith("#"):
            continue
        try:
            fields[key] = " ".join(shlex.split(value))
        except ValueError:
            fields[key] = value.strip("\"'")
    system = fields.get("ID", "").lower()
    if not system:
        return None
    version = fields.get("VERSION_ID", "")
    codename = fields.get("VERSION_CODENAME") or fields.get("UBUNTU_CODENAME", "") if system != "alpine" else ""
    if not codename and system == "debian" and (match := re.search(r"\((\w+)\)", fields.get("VERSION", ""))):
        codename = match[1]
    return OsRelease(
        id=system,
        version=version,
        codename=codename,
        name=fields.get("PRETTY_NAME") or fields.get("NAME", system),
        like=tuple(fields.get("ID_LIKE", "").lower().split()),
        ecosystem=ecosystem_of(system, version or release_of_codename(system, codename)),
    )


_RELEASES = (
    (r"Amazon Linux (?:AMI )?release (\S+)", "amzn"),
    (r"CentOS.* release (\S+)", "centos"),
    (r"Red Hat Enterprise Linux.* release (\S+)", "rhel"),
    (r"AlmaLinux release (\S+)", "almalinux"),
    (r"Rocky Linux release (\S+)", "rocky"),
    (r"Oracle Linux.* release (\S+)", "ol"),
    (r"Fedora release (\S+)", "fedora"),
)


def parse_fallback(path: str, content: bytes) -> OsRelease | None:
    """The distribution of a root too old or too small for os-release, from one of `FALLBACKS`."""
    text = content[:4096].decode("utf-8", "replace").strip()
    if path.endswith("debian_version"):
        version = text if text[:1].isdigit() else ""
        return OsRelease(id="debian", version=version, name=f"Debian {text}", ecosystem=ecosystem_of("debian", version))
    if path.endswith("alpine-release"):
        return OsRelease(id="alpine", version=text, name=f"Alpine {text}", ecosystem=ecosystem_of("alpine", text))
    for pattern, system in _RELEASES:
        if match := re.match(pattern, text):
            return OsRelease(id=system, version=match[1], name=text, ecosystem=ecosystem_of(system, match[1]))
    return None
