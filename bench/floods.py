"""Floods with real tools against a load balancer that Shield protects, and against nginx with `limit_req`.

    python -m bench.floods [--scale 10] [--drawn 8] [--seed N] [--seconds 22] [CASE ...]

Both defend an application of their own that serves a known number of requests per second; attackers run on one core,
defenders and applications on the other. Beside every attack legitimate clients ask at a rate the application serves
with ease, half of them through a proxy that forwards their addresses. `--scale` multiplies capacity and legitimate
rate; nothing is tuned for it. A CASE is a part of a case's name.

Aims: found within 10 s, refused within 20 s, of the attack's requests at least 95 % from then on and of legitimate ones
less than 0.5 % at any time; at least 99 % of legitimate requests answered once the attack is refused (until then the
application is as full as its capacity lets it be); at least three times the application's capacity is offered.

The tools are Debian's: apt-get install wrk nghttp2-client slowhttptest nginx-light
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.edge.clients import until
from tests.edge.flood import Crowd, person

from bench._floods.attacks import FIXED, PACKAGES, Attack, drawn
from bench._floods.defenders import Garrison, Nginx, application, core
from bench._floods.figures import HEAD, Figures, aims, figures

CAPACITY, RATE = 25.0, 6.0
"""Of the application, and of legitimate clients, in requests per second, at scale 1."""
TIMES = 8.0
"""Times the capacity that a flood is to be, where its rate is chosen."""
CLIENTS = 12


def legitimate(rng: random.Random) -> bytes:
    """A person's request; half of them come through a proxy."""
    asked = person(rng)
    if rng.random() < 0.5:
        return asked
    return asked[:-2] + b"x-forwarded-for: 198.18.0.%d\r\n\r\n" % rng.randrange(CLIENTS)


def capacity(port: int) -> float:
    """Requests per second that an application serves, measured."""
    with core(0):
        command = ["wrk", "-t1", "-c64", "-d4s", f"http://127.0.0.1:{port}/"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    failed = next((int(line.split()[-1]) for line in said.splitlines() if "Non-2xx" in line), 0)
    total = next(int(line.split()[0]) for line in said.splitlines() if " requests in " in line)
    return (total - failed) / 4


def attacked(
    attack: Attack, defender: Garrison | Nginx, crowd: Crowd, rate: float, seconds: int, directory: Path
) -> Figures:
    """One attack on one defender, and what became of it."""
    directory.mkdir()
    time.sleep(3)
    wall, began = time.time(), time.monotonic()
    detected = None
    with ExitStack() as stack:
        attackers = attack.start(stack, defender, rate, seconds, directory)
        while time.monotonic() - began < seconds:
            if detected is None and isinstance(defender, Garrison):
                status = defender.status()
                if status is not None and status.attack is not None:
                    detected = time.time() - wall
            time.sleep(0.1)
        ended = time.monotonic()
        # Those that sum up what they did may do so.
        for one in attackers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.wait(3)
    said = (directory / "said").read_text(errors="replace").strip()
    told = "" if attack.requests or not said else said.splitlines()[-1]
    slow = directory / "slow.csv"
    if slow.exists():
        rows = [line.split(",") for line in slow.read_text().splitlines()[1:]]
        told = f"{rows[-1][1]} of {max(sum(map(int, row[1:4])) for row in rows)} connections closed by the server"
    return figures(attack, defender, crowd, defender.seen(wall - 3), wall, began, ended, detected, told)


def main(arguments: list[str] | None = None) -> bool:
    """Measure and print. Whether every aim was met."""
    parser = argparse.ArgumentParser(prog="python -m bench.floods")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--drawn", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    parser.add_argument("--seconds", type=int, default=22)
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("case", nargs="*")
    chosen = parser.parse_args(arguments or [])
    missing = [name for name in PACKAGES if shutil.which(name) is None]
    if missing:
        print(f"Missing: apt-get install {' '.join([PACKAGES[name] for name in missing])}")
        if "wrk" in missing:
            return False
    cases = [
        attack
        for attack in (*FIXED, *drawn(chosen.seed, chosen.drawn))
        if attack.tool not in missing and (not chosen.case or any(word in attack.name for word in chosen.case))
    ]
    rows: list[Figures] = []
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = [application(stack, CAPACITY * chosen.scale) for _ in range(2)]
        serves = capacity(ports[0])
        rate, flood = RATE * chosen.scale, TIMES * serves
        print(
            f"seed {chosen.seed}; the application serves {serves:.0f} requests/s, legitimate clients ask for "
            f"{rate:.0f}/s, floods of a chosen rate are to be {flood:.0f}/s", flush=True,
        )  # fmt: skip
        garrison = Garrison(stack, place / "data", ports[0])
        clients = int(CLIENTS * min(10, chosen.scale))
        crowd = stack.enter_context(Crowd(garrison.url, clients, rate=rate, ask=legitimate, network="127.0.1"))
        until(lambda: (status := garrison.status()) is not None and status.ready, seconds=60)
        time.sleep(15)
        print(HEAD, flush=True)
        nginx = None if chosen.without_peer or "nginx" in missing else Nginx(stack, place / "nginx", ports[1])
        for number, attack in enumerate(cases):
            until(lambda: (status := garrison.status()) is not None and status.attack is None, seconds=90)
            rows.append(attacked(attack, garrison, crowd, flood, chosen.seconds, place / f"{number}-g"))
            print(rows[-1].row(serves), flush=True)
            if nginx is not None:
                with Crowd(nginx.url, clients, rate=rate, ask=legitimate, network="127.0.1", seed=2) as theirs:
                    print(attacked(attack, nginx, theirs, flood, 10, place / f"{number}-n").row(serves), flush=True)
    missed = aims(rows, serves)
    print("\n".join(["", *missed]) if missed else "\nEvery aim is met.")
    return not missed


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
