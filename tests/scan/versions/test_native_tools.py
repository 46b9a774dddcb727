"""Generated versions, compared by us and by the tools of the distributions themselves."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest

from garrison.scan.versions import Scheme

PARTS = [
    "0",
    "1",
    "2",
    "9",
    "10",
    "010",
    "a",
    "b",
    "rc",
    "Z",
    "~",
    "~rc1",
    "+",
    "+b1",
    ".",
    ".",
    ".",
    "^",
    "git",
    "el8",
]


def versions(seed: int, parts: list[str], *, revision: str) -> list[tuple[str, str]]:
    """Pairs; the second of a pair is often a small change of the first, where orders differ."""
    source = random.Random(seed)

    def text() -> str:
        return source.choice("0123") + "".join(source.choices(parts, k=source.randrange(5)))

    def made() -> str:
        epoch = source.choice(["", "", "", "0:", "1:"])
        return epoch + text() + (f"-{text()}" if revision == "always" or source.random() < 0.4 else "")

    pairs: list[tuple[str, str]] = []
    while len(pairs) < 10_000:
        one = made()
        other = one + source.choice(parts) if source.random() < 0.5 else made()
        pairs.append((one, other))
    return pairs


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


def dpkg(pairs: list[tuple[str, str]]) -> list[int]:
    script = (
        'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo -1; '
        'elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi; done'
    )
    told = "".join(f"{a} {b}\n" for a, b in pairs)
    done = subprocess.run(["sh", "-c", script], input=told, capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


def rpm(pairs: list[tuple[str, str]]) -> list[int]:
    made = []
    for at in range(0, len(pairs), 500):
        lines = ", ".join(f'{{"{a}", "{b}"}}' for a, b in pairs[at : at + 500])
        script = f"for _, p in ipairs({{{lines}}}) do print(rpm.vercmp(p[1], p[2]) .. ' ') end"
        done = subprocess.run(["rpm", "--eval", f"%{{lua:{script}}}"], capture_output=True, text=True, check=True)
        made += [int(line) for line in done.stdout.split()]
    return made


def check_dpkg(count: int) -> None:
    pairs = versions(1, [p for p in PARTS if p != "^"], revision="sometimes")[:count]
    for (one, other), native in zip(pairs, dpkg(pairs), strict=True):
        assert sign(Scheme.DPKG.compare(one, other)) == native, (one, other)


def check_rpm(count: int) -> None:
    pairs = versions(2, PARTS, revision="always")[:count]
    for (one, other), native in zip(pairs, rpm(pairs), strict=True):
        assert sign(Scheme.RPM.compare(one, other)) == native, (one, other)


needs_dpkg = pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed")
needs_rpm = pytest.mark.skipif(shutil.which("rpm") is None, reason="rpm is not installed")


@needs_dpkg
def test_some_hundred_pairs_are_ordered_as_dpkg_orders_them() -> None:
    check_dpkg(300)


@needs_rpm
def test_some_thousand_pairs_are_ordered_as_rpm_orders_them() -> None:
    check_rpm(2000)


@needs_dpkg
@pytest.mark.soak
def test_ten_thousand_pairs_are_ordered_as_dpkg_orders_them() -> None:
    check_dpkg(10_000)


@needs_rpm
@pytest.mark.soak
def test_ten_thousand_pairs_are_ordered_as_rpm_orders_them() -> None:
    check_rpm(10_000)
