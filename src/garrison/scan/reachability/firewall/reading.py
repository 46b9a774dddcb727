"""Asking the machine for its rules. This is the one place of reachability that starts programs: nft and iptables-save
alone know what is in force."""

from __future__ import annotations

import os
import shutil
import subprocess

import msgspec

from garrison.scan.reachability.firewall import iptables, nftables
from garrison.scan.reachability.firewall.rules import Rule, Ruleset

_PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"
_SECONDS = 20


class Firewall(msgspec.Struct, frozen=True):
    """What is known of a host's firewall."""

    rulesets: tuple[Ruleset, ...]
    forwards: tuple[Rule, ...] = ()
    """Rules that send what comes in elsewhere (DNAT), to containers above all."""
    unread: tuple[str, ...] = ()
    """What could not be read, and why: as long as there is any, the firewall may keep out more than is known."""


def read() -> Firewall:
    """The rules in force on this machine."""
    unread: list[str] = []
    rulesets: list[Ruleset] = []
    forwards: list[Rule] = []
    nft = _asked(["nft", "-j", "list", "ruleset"], unread)
    legacy = {f: _asked([tool], unread) for f, tool in ((4, "iptables-save"), (6, "ip6tables-save"))}
    if nft is not None:
        try:
            listed = nftables.parse(nft)
            rulesets += listed.rulesets
            forwards += listed.forwards
        except nftables.Malformed as error:
            unread.append(str(error))
    for family, text in legacy.items():
        if text is not None:
            saved = iptables.parse(text, family)
            rulesets += saved.rulesets
            forwards += saved.forwards
    # Rules that iptables keeps in nftables come twice: nft shows them without some conditions, which makes them unsure
    # there, and each table must let a packet in.
    return Firewall(tuple(rulesets), tuple(forwards), tuple(unread))


def _asked(command: list[str], unread: list[str]) -> str | None:
    program = shutil.which(command[0], path=_PATH)
    if program is None:
        unread.append(f"{command[0]} is not installed")
        return None
    try:
        done = subprocess.run(
            [program, *command[1:]], capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        unread.append(f"{command[0]}: {error}")
        return None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0]
        unread.append(f"{command[0]}: {said[:200]}")
        return None
    return done.stdout
