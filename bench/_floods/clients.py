"""Attackers that no Debian package has."""

from __future__ import annotations

import contextlib
import socket
import time
from urllib.parse import urlsplit

import h2.exceptions
from tests.edge.attackers import Http2


def resets(url: str, seconds: float) -> None:
    """HTTP/2 streams, each given up as soon as it is opened: says how many, and how often the server had enough."""
    until = time.monotonic() + seconds
    sent = ended = 0
    while time.monotonic() < until:
        try:
            attacker = Http2(url)
            attacker.settle(0.01)
            while time.monotonic() < until:
                for _ in range(10):
                    attacker.reset(attacker.ask("/reset"))
                    sent += 1
                if attacker.settle(0.001):
                    ended += 1
                    break
            attacker.close()
        except (OSError, h2.exceptions.ProtocolError):
            ended += 1
    print(f"{sent} streams reset, {ended} connections ended by the server")


def connections(url: str, seconds: float) -> None:
    """Connections that ask nothing, as many as can be had from three addresses: says how many were closed."""
    place = urlsplit(url)
    until = time.monotonic() + seconds
    held: list[socket.socket] = []
    opened = closed = refused = 0
    while time.monotonic() < until:
        for source in ("127.0.9.1", "127.0.9.2", "127.0.9.3"):
            if len(held) >= 9000:
                break
            one = socket.socket()
            one.settimeout(1)
            try:
                one.bind((source, 0))
                one.connect((place.hostname, place.port))
            except OSError:
                refused += 1
                one.close()
                continue
            one.setblocking(False)
            held.append(one)
            opened += 1
        if opened % 300 < 3 or len(held) >= 9000:
            kept = []
            for one in held:
                with contextlib.suppress(BlockingIOError):
                    try:
                        gone = not one.recv(1)
                    except ConnectionError:
                        gone = True
                    if gone:
                        closed += 1
                        one.close()
                        continue
                kept.append(one)
            held = kept
        time.sleep(0.001)
    print(f"{opened} connections opened, {refused} refused, {closed} closed by the server, {len(held)} held at the end")
