"""Each scheme orders versions as the tools of its ecosystem do: the known tricky cases."""

from __future__ import annotations

import itertools

import pytest

from garrison.scan.versions import Scheme, scheme_of

ASCENDING: list[tuple[Scheme, str]] = [
    (Scheme.DPKG, "1.0~rc1 1.0 1.0a 1.0+b1"),
    (Scheme.DPKG, "2.4.2-6 2.4.2-6+lenny1 2.4.2-6.1"),
    (Scheme.DPKG, "2.0 1:0.1"),
    (Scheme.DPKG, "1.0~~ 1.0~~a 1.0~ 1.0"),
    (Scheme.DPKG, "3.0.11-1~deb12u1 3.0.11-1~deb12u2 3.0.11-1"),
    (Scheme.DPKG, "0.22.4-1ubuntu0.22.04.1~esm1 0.22.4-1ubuntu0.22.04.1"),
    (Scheme.RPM, "1.0~rc1 1.0 1.0^git1 1.0.1"),
    (Scheme.RPM, "1.0^ 1.0^git1 1.0a 1.0.1"),
    (Scheme.RPM, "1.0a 1.0.1 1.1a 1.1.2"),
    (Scheme.RPM, "5-1 0:6-1 1:1-1"),
    (Scheme.RPM, "1.0-1.el8 1.0-1.el8_4 1.0-2.el8"),
    (Scheme.APK, "1_alpha 1_beta 1_pre 1_rc 1 1_cvs 1_svn 1_git 1_hg 1_p 1a 1.1"),
    (Scheme.APK, "1.0_rc 1.0_rc1 1.0_rc2 1.0 1.0-r0 1.0-r1 1.0-r10 1.0_p1 1.0b 1.0.1"),
    (Scheme.APK, "8.2.0357 8.2.357 8.2.4836"),
    (Scheme.APK, "10.01 10.1 10.2"),
    (Scheme.PEP440, "0.9 1.0.dev1 1.0a1.dev1 1.0a1 1.0rc1 1.0 1.0+local 1.0.post1.dev1 1.0.post1 1.1 1!0.1"),
    (Scheme.PEP440, "not-a-version 0.0.dev0"),
    (Scheme.PEP440, "1.0+abc 1.0+5 1.0+5.1"),
    (Scheme.SEMVER, "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1"),
    (Scheme.SEMVER, "v0.0.0-20210616213533-5cf6c0f8e123 v0.0.0-20220101000000-aaaaaaaaaaaa v0.0.1"),
    (Scheme.SEMVER, "1.20.0-0 go1.20rc1 go1.20 go1.20.14 go1.21rc2 go1.21.6"),
    (Scheme.GEM, "1.0.a 1.0.b 1.0 1.0.1.a 1.0.1 1.1"),
    (Scheme.GEM, "1.a 1.a.1 1.b 1"),
    (Scheme.GEM, "5.2.4-rc1 5.2.4 5.2.4.1 5.2.10"),
    (Scheme.MAVEN, "1-alpha 1-beta 1-milestone 1-rc 1-snapshot 1 1-sp 1-xyz 1-1 1.1"),
    (Scheme.MAVEN, "2.0.0.RC1 2.0.0.RC2 2.0.0 2.0.0.SP1"),
    (Scheme.MAVEN, "1.0.0.X1 1.0.0-X2"),
    (Scheme.NUGET, "1.0.0-Alpha 1.0.0-beta 1.0.0 1.0.0.1 1.0.1"),
    (Scheme.COMPOSER, "dev-main 1.0-dev 1.0-alpha1 1.0-beta 1.0-beta2 1.0RC1 1.0 1.0-p1 1.0.0.1 1.x-dev 2.0"),
    (Scheme.COMPOSER, "6.3.0.0 6.3.0.1 6.3.1"),
]
SAME: list[tuple[Scheme, str]] = [
    (Scheme.DPKG, "1.0 1.0-0 0:1.0"),
    (Scheme.DPKG, "1.01 1.1"),
    (Scheme.RPM, "1.0 1_0 1..0 0:1.0"),
    (Scheme.RPM, "1.0-1 1.0"),
    (Scheme.RPM, "1.0-2 1.0"),
    (Scheme.PEP440, "1.0 1 v1.0.0"),
    (Scheme.PEP440, "1.0rc1 1.0-c.1 1.0preview1"),
    (Scheme.PEP440, "1.0-1 1.0.post1"),
    (Scheme.SEMVER, "1.0.0 v1.0 1.0.0+build"),
    (Scheme.SEMVER, "v2.0.0 v2.0.0+incompatible"),
    (Scheme.SEMVER, "go1.21.6 1.21.6"),
    (Scheme.GEM, "1 1.0 1.0.0"),
    (Scheme.GEM, "1.0-a 1.0.pre.a"),
    (Scheme.MAVEN, "1 1.0 1-ga 1.0.FINAL 1release 1.0.0.RELEASE"),
    (Scheme.MAVEN, "1-1 1-ga-1 1-1.0"),
    (Scheme.MAVEN, "1a1 1-alpha-1"),
    (Scheme.MAVEN, "1-rc 1-cr"),
    (Scheme.MAVEN, "5.2.0 5.2.0.RELEASE"),
    (Scheme.NUGET, "1.0-ALPHA 1.0.0.0-alpha"),
    (Scheme.COMPOSER, "1.0 v1.0.0.0 1.0.0-stable"),
]


@pytest.mark.parametrize(("scheme", "versions"), ASCENDING)
def test_versions_ascend(scheme: Scheme, versions: str) -> None:
    for (i, one), (j, other) in itertools.product(enumerate(versions.split()), repeat=2):
        assert (scheme.compare(one, other) > 0) - (scheme.compare(one, other) < 0) == (i > j) - (i < j), (one, other)


@pytest.mark.parametrize(("scheme", "versions"), SAME)
def test_versions_are_the_same(scheme: Scheme, versions: str) -> None:
    for one, other in itertools.product(versions.split(), repeat=2):
        if scheme is Scheme.RPM and "-" in one and "-" in other and one != other:
            continue
        assert scheme.compare(one, other) == 0, (one, other)


def test_numbers_of_any_length_are_compared() -> None:
    for scheme in Scheme:
        assert scheme.compare("1." + "9" * 6000, "1.1" + "0" * 6000) < 0, scheme


@pytest.mark.parametrize(
    ("ecosystem", "scheme"),
    [
        ("Debian:12", Scheme.DPKG),
        ("Ubuntu:22.04:LTS", Scheme.DPKG),
        ("Red Hat:9", Scheme.RPM),
        ("Alpine:v3.19", Scheme.APK),
        ("npm", Scheme.SEMVER),
        ("Hex", Scheme.SEMVER),
    ],
)
def test_an_ecosystem_has_its_order_whatever_the_release(ecosystem: str, scheme: Scheme) -> None:
    assert scheme_of(ecosystem) is scheme
