"""What each feed of ours holds, in its documented form, is found in a package as its package URL names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scan.sources import database, osv, since

from garrison.scan.inventory.purl import package_of_purl
from garrison.scan.match import match

CASES = [
    ("PyPI", "Jinja2", "0", "3.1.4", "pkg:pypi/jinja2@3.1.3", "pkg:pypi/jinja2@3.1.4"),
    ("npm", "@babel/traverse", "0", "7.23.2", "pkg:npm/%40babel/traverse@7.23.0", "pkg:npm/%40babel/traverse@7.23.2"),
    ("Go", "golang.org/x/net", "0", "0.23.0", "pkg:golang/golang.org/x/net@v0.22.0",
     "pkg:golang/golang.org/x/net@v0.23.0"),
    ("crates.io", "h2", "0.0.0-0", "0.3.26", "pkg:cargo/h2@0.3.25", "pkg:cargo/h2@0.3.26"),
    ("Maven", "org.apache.logging.log4j:log4j-core", "2.13.0", "2.15.0",
     "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0"),
    ("RubyGems", "rack", "2.0.0", "2.2.8.1", "pkg:gem/rack@2.2.8", "pkg:gem/rack@2.2.8.1"),
    ("Packagist", "symfony/http-kernel", "5.0.0", "5.4.20", "pkg:composer/symfony/http-kernel@v5.4.19",
     "pkg:composer/symfony/http-kernel@v5.4.20"),
    ("NuGet", "Newtonsoft.Json", "0", "13.0.1", "pkg:nuget/Newtonsoft.Json@12.0.3",
     "pkg:nuget/Newtonsoft.Json@13.0.1"),
    ("Debian:12", "curl", "0", "7.88.1-10+deb12u5", "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u4?distro=debian-12",
     "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?distro=debian-12"),
    ("Ubuntu:22.04:LTS", "curl", "0", "7.81.0-1ubuntu1.14",
     "pkg:deb/ubuntu/curl@7.81.0-1ubuntu1.13?distro=ubuntu-22.04",
     "pkg:deb/ubuntu/curl@7.81.0-1ubuntu1.14?distro=ubuntu-22.04"),
    ("Alpine:v3.19", "curl", "0", "8.5.0-r1", "pkg:apk/alpine/curl@8.5.0-r0?distro=alpine-3.19.1",
     "pkg:apk/alpine/curl@8.5.0-r1?distro=alpine-3.19.1"),
    ("AlmaLinux:9", "curl", "0", "7.76.1-26.el9_3.3", "pkg:rpm/almalinux/curl@7.76.1-26.el9_3.2?distro=almalinux-9.3",
     "pkg:rpm/almalinux/curl@7.76.1-26.el9_3.3?distro=almalinux-9.3"),
    ("Rocky Linux:9", "curl", "0", "0:7.76.1-26.el9_3.3", "pkg:rpm/rocky/curl@7.76.1-26.el9_3.2?distro=rocky-9.3",
     "pkg:rpm/rocky/curl@7.76.1-26.el9_3.3?distro=rocky-9.3"),
    ("Red Hat:enterprise_linux:9::baseos", "curl", "0", "0:7.76.1-26.el9_3.3",
     "pkg:rpm/redhat/curl@7.76.1-26.el9_3.2?distro=rhel-9.3", "pkg:rpm/redhat/curl@7.76.1-26.el9_3.3?distro=rhel-9.3"),
    ("SUSE:Linux Enterprise Server 15 SP5", "curl", "0", "8.0.1-150400.5.36.1",
     "pkg:rpm/suse/curl@8.0.1-150400.5.35.1?distro=sles-15.5",
     "pkg:rpm/suse/curl@8.0.1-150400.5.36.1?distro=sles-15.5"),
    ("Wolfi", "curl", "0", "8.4.0-r0", "pkg:apk/wolfi/curl@8.3.0-r1", "pkg:apk/wolfi/curl@8.4.0-r0"),
    ("Bitnami", "redis", "7.0.0", "7.2.4", "pkg:bitnami/redis@7.2.3", "pkg:bitnami/redis@7.2.4"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ecosystem", "name", "introduced", "fixed", "vulnerable", "safe"), CASES, ids=[case[0] for case in CASES]
)
def test_a_feeds_advisory_hits_the_version_before_its_fix_and_not_the_fix(
    tmp_path: Path, ecosystem: str, name: str, introduced: str, fixed: str, vulnerable: str, safe: str
) -> None:
    document = osv("X-1", ecosystem, name, since(introduced, fixed), aliases=["CVE-2024-1001"])
    with database(tmp_path, document) as opened:
        for purl, wanted in ((vulnerable, {"CVE-2024-1001"}), (safe, set())):
            package = package_of_purl(purl)
            assert package is not None
            assert {finding.vulnerability.id for finding in match((package,), opened).findings} == wanted, package
