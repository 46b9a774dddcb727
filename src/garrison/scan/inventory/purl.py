"""Package URLs: written in Inspector's dialect, read in everybody's.

Source of the form: the purl specification (percent-encoding, type-specific case rules) and Inspector's SBOM generator
(the epoch and a different source package as qualifiers; `distro` is a codename for deb and VERSION_ID elsewhere).
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from garrison.scan.inventory.model import OsRelease
from garrison.scan.inventory.os_release import ecosystem_of, release_of_codename
from garrison.scan.inventory.package import Package, PackageManager


class Purl(NamedTuple):
    """A package URL taken apart and decoded."""

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: dict[str, str]
    subpath: str


_ECOSYSTEMS = {
    "pypi": ("PyPI", PackageManager.PYTHONPKG),
    "npm": ("npm", PackageManager.NODEPKG),
    "golang": ("Go", PackageManager.GOMOD),
    "cargo": ("crates.io", PackageManager.CARGO),
    "maven": ("Maven", PackageManager.JAR),
    "gem": ("RubyGems", PackageManager.GEMSPEC),
    "composer": ("Packagist", PackageManager.COMPOSER),
    "nuget": ("NuGet", PackageManager.NUGET),
    "bitnami": ("Bitnami", PackageManager.OS),
    "hex": ("Hex", PackageManager.OS),
    "pub": ("Pub", PackageManager.OS),
    "conan": ("ConanCenter", PackageManager.OS),
    "cran": ("CRAN", PackageManager.OS),
    "swift": ("SwiftURL", PackageManager.OS),
    "github": ("GitHub Actions", PackageManager.OS),
}
_TYPES = {ecosystem: type_ for type_, (ecosystem, _) in _ECOSYSTEMS.items()}
_TYPE = re.compile(r"[A-Za-z.+-][A-Za-z0-9.+-]*\Z")
_OS_TYPES = ("deb", "rpm", "apk", "alpm")
_SYSTEMS = {
    "deb": {"debian": "debian", "ubuntu": "ubuntu"},
    "apk": {"alpine": "alpine", "wolfi": "wolfi", "chainguard": "chainguard", "minimos": "minimos"},
    "rpm": {
        "redhat": "rhel",
        "rhel": "rhel",
        "centos": "centos",
        "fedora": "fedora",
        "amazon": "amzn",
        "amzn": "amzn",
        "amazonlinux": "amzn",
        "almalinux": "almalinux",
        "alma": "almalinux",
        "rocky": "rocky",
        "rockylinux": "rocky",
        "oracle": "ol",
        "ol": "ol",
        "oraclelinux": "ol",
        "suse": "sles",
        "sles": "sles",
        "opensuse": "opensuse-leap",
        "opensuse-leap": "opensuse-leap",
        "opensuse-tumbleweed": "opensuse-tumbleweed",
        "opensuse.leap": "opensuse-leap",
        "opensuse.tumbleweed": "opensuse-tumbleweed",
        "mariner": "mariner",
        "azurelinux": "azurelinux",
        "photon": "photon",
        "mageia": "mageia",
        "openeuler": "openeuler",
    },
}


def parse(text: str) -> Purl | None:
    """`text` taken apart; None when it is not a package URL with a type and a name."""
    if text[:4].lower() != "pkg:":
        return None
    rest, _, subpath = text[4:].partition("#")
    rest, _, query = rest.partition("?")
    rest = rest.strip("/")
    type_, slash, rest = rest.partition("/")
    if not slash or not _TYPE.match(type_):
        return None
    type_ = type_.lower()
    # An unencoded @ opens npm scopes in the wild (pkg:npm/@angular/core@1).
    at = rest.rfind("@")
    version = ""
    if at > 0 and rest[at - 1] != "/":
        rest, version = rest[:at], unquote(rest[at + 1 :])
    parts = [unquote(part) for part in rest.split("/") if part]
    if not parts:
        return None
    qualifiers = {}
    for pair in query.split("&"):
        key, equals, value = pair.partition("=")
        if equals and value:
            qualifiers[key.lower()] = unquote(value)
    return Purl(type_, "/".join(parts[:-1]), parts[-1], version, qualifiers, unquote(subpath.strip("/")))


def canonical_pypi(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def package_of_purl(text: str, *, ref: str = "", path: str = "") -> Package | None:
    """The package `text` names, in the dialects of sbomgen, syft and trivy; None: not a package URL.

    A type no advisories exist for gives a package with an empty `ecosystem`. A missing version gives an empty one.
    """
    purl = parse(text)
    if purl is None:
        return None
    if purl.type in _OS_TYPES:
        return _distribution_package(purl, text, ref, path)
    ecosystem, manager = _ECOSYSTEMS.get(purl.type, ("", PackageManager.OS))
    name = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    version = purl.version
    match purl.type:
        case "pypi":
            name = canonical_pypi(purl.name)
        case "maven":
            name = f"{purl.namespace}:{purl.name}" if purl.namespace else purl.name
        case "composer":
            name, version = name.lower(), version.removeprefix("v")
        case "golang":
            if purl.subpath and not purl.namespace:
                name = f"{name}/{purl.subpath}"
            version = version.removeprefix("v")
            if name in ("stdlib", "toolchain", "std"):
                name, version = "stdlib", version.removeprefix("go")
    return Package(ecosystem=ecosystem, name=name, version=version, purl=text, manager=manager, path=path, ref=ref)


def _distribution_package(purl: Purl, text: str, ref: str, path: str) -> Package:
    qualifiers = purl.qualifiers
    version, epoch, release = purl.version, None, ""
    head, colon, tail = version.partition(":")
    if colon and head.isdigit():
        epoch, version = int(head[:9]), tail
    written = qualifiers.get("epoch", "")
    if written.isdigit():
        epoch = int(written[:9])
    base, dash, last = version.rpartition("-")
    if dash and (purl.type != "apk" or re.fullmatch(r"r\d+", last)):
        version, release = base, last
    source_name, source_version = "", ""
    if upstream := qualifiers.get("source") or qualifiers.get("upstream"):
        source_name, source_version = split_source(purl.type, upstream, epoch)
    system = _SYSTEMS.get(purl.type, {}).get(purl.namespace.lower(), purl.namespace.lower())
    return Package(
        ecosystem=_ecosystem_of_distro(system, qualifiers.get("distro") or qualifiers.get("os_version", "")),
        name=purl.name.lower() if purl.type != "rpm" else purl.name,
        version=version,
        epoch=epoch,
        release=release,
        arch=qualifiers.get("arch", ""),
        source_name="" if source_name == purl.name else source_name,
        source_version=source_version,
        modularity=qualifiers.get("modularitylabel") or qualifiers.get("rpmmod", ""),
        purl=text,
        manager=PackageManager.OS,
        path=path,
        ref=ref,
    )


def split_source(type_: str, source: str, epoch: int | None) -> tuple[str, str]:
    """Name and full version of a source package: a bare name, `name@version`, or a source RPM's file name.

    A source RPM's name has no epoch; that of its binary package is taken, which is the same in practice.
    """
    if type_ == "rpm" and source.endswith((".src.rpm", ".nosrc.rpm")):
        stem = source.rsplit(".", 2)[0]
        parts = stem.rsplit("-", 2)
        if len(parts) == 3:
            version = f"{parts[1]}-{parts[2]}"
            return parts[0], version if epoch is None else f"{epoch}:{version}"
        return stem, ""
    name, _, version = source.partition("@")
    return name, version


def _ecosystem_of_distro(system: str, distro: str) -> str:
    version = distro
    # syft: debian-12, amzn-2023, opensuse-leap-15.5; trivy and sbomgen: 12.5, jammy
    match = re.fullmatch(r"([a-z][a-z.-]*?)-(v?\d[\w.]*)", distro.lower())
    if match:
        version = match[2]
        if system in ("", "opensuse-leap", "sles", match[1]):
            system = match[1].replace("opensuse.", "opensuse-")
    if distro and not distro[0].isdigit() and match is None:
        version = release_of_codename(system, distro.lower())
    return ecosystem_of(system, version)


def for_language(ecosystem: str, name: str, version: str) -> str:
    """The package URL of a language's package; empty for an ecosystem that has none."""
    type_ = _TYPES.get(ecosystem, "")
    if not type_:
        return ""
    if type_ == "maven":
        name = name.replace(":", "/", 1)
    namespace, slash, name = name.rpartition("/")
    prefix = "/".join(quote(part, safe="") for part in namespace.split("/")) + "/" if slash else ""
    return f"pkg:{type_}/{prefix}{quote(name, safe='')}" + (f"@{quote(version, safe=':')}" if version else "")


def for_distribution(
    type_: str,
    os: OsRelease | None,
    name: str,
    version: str,
    *,
    arch: str = "",
    epoch: int | None = None,
    source: str = "",
    modularity: str = "",
) -> str:
    """The package URL of a distribution's package; `version` with its release and without its epoch."""
    system = os.id if os else ""
    namespace = {"rhel": "redhat", "amzn": "amazon", "ol": "oracle", "sles": "suse"}.get(system, system)
    distro = ""
    if os:
        distro = (os.codename or os.version) if type_ == "deb" else os.version
    qualifiers = "&".join(
        f"{key}={quote(value, safe=':')}"
        for key, value in (
            ("arch", arch),
            ("distro", distro),
            ("epoch", str(epoch) if epoch else ""),
            ("modularitylabel", modularity),
            ("source", source),
        )
        if value
    )
    place = f"{quote(namespace, safe='')}/" if namespace else ""
    return f"pkg:{type_}/{place}{quote(name, safe='+')}@{quote(version, safe='+:~')}" + (
        f"?{qualifiers}" if qualifiers else ""
    )
