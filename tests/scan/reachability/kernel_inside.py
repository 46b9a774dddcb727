"""Rules at random, asked of the kernel and of `admitted`: in two network namespaces joined by a cable.

Prints one line per question that was answered differently. Run by `test_kernel.py` as root of a namespace.
"""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

from garrison.scan.reachability import intervals
from garrison.scan.reachability.firewall import Packet, admitted, read

FAMILY = int(sys.argv[3])
if FAMILY == 4:
    HERE, MASK = "10.9.0.1", 24
    OTHERS = ("10.9.0.2", "10.9.0.77", "192.168.7.2", "198.51.100.9")
    SOURCES = ("10.9.0.0/24", "10.9.0.2", "10.0.0.0/8", "192.168.0.0/16", "198.51.100.9")
    DESTINATIONS, NETWORKS = (HERE, "10.9.0.9", "10.9.0.0/24"), ("192.168.7.0/24", "198.51.100.0/24")
else:
    HERE, MASK = "fd00:9::1", 64
    OTHERS = ("fd00:9::2", "fd00:9::77", "fd00:7::2", "2001:db8::9")
    SOURCES = ("fd00:9::/64", "fd00:9::2", "fd00::/8", "fd00:7::/32", "2001:db8::9")
    DESTINATIONS, NETWORKS = (HERE, "fd00:9::9", "fd00:9::/64"), ("fd00:7::/64", "2001:db8::/64")
IP = {4: "ip", 6: "ip6"}[FAMILY]
PORTS = (8080, 8081, 9000, 9001)


def sh(command: str, stdin: str | None = None) -> None:
    done = subprocess.run(["sh", "-ec", command], input=stdin, text=True, check=False, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr}\n{stdin}")


def cable() -> subprocess.Popen[bytes]:
    """The other end: a namespace with addresses of all kinds."""
    other = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    time.sleep(0.5)
    sh(f"ip link set lo up; ip link add v0 type veth peer name v1; ip link set v1 netns {other.pid}")
    nodad = "nodad" if FAMILY == 6 else ""
    sh(f"ip addr add {HERE}/{MASK} dev v0 {nodad}; ip link set v0 up")
    inside = f"nsenter -t {other.pid} -n"
    for address in OTHERS:
        sh(f"{inside} ip addr add {address}/{MASK} dev v1 {nodad}")
    sh(f"{inside} ip link set lo up; {inside} ip link set v1 up")
    for network in NETWORKS:
        sh(f"ip -{FAMILY} route add {network} dev v0")
    return other


PROBE = """
import socket, sys, json
told = []
for source in sys.argv[2].split(','):
    for port in map(int, sys.argv[3].split(',')):
        s = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET); s.settimeout(0.25); s.bind((source, 0))
        told.append(s.connect_ex((sys.argv[1], port)) == 0); s.close()
print(json.dumps(told))
"""


def asked(other: int) -> dict[tuple[str, int], bool]:
    """Who really gets through."""
    ports = ",".join(map(str, PORTS))
    command = ["nsenter", "-t", str(other), "-n", sys.executable, "-c", PROBE, HERE, ",".join(OTHERS), ports]
    told = subprocess.run(command, text=True, check=True, capture_output=True).stdout
    answers = iter(w.strip() == "true" for w in told.strip("[]\n ").split(","))
    return {(source, port): next(answers) for source in OTHERS for port in PORTS}


def expected() -> dict[tuple[str, int], bool]:
    rulesets = read().rulesets
    made = {}
    for port in PORTS:
        to = intervals.network(HERE)[1][0][0]
        sources = admitted(rulesets, Packet(FAMILY, "tcp", port, to)).sources
        for source in OTHERS:
            made[source, port] = bool(intervals.both(sources, intervals.network(source)[1]))
    return made


def nft(random_: random.Random) -> str:
    def rule(targets: list[str]) -> str:
        parts = []
        if random_.random() < 0.2:
            parts.append(random_.choice(['iifname "lo"', 'iifname != "lo"']))
        if random_.random() < 0.5:
            parts.append(f"{IP} saddr {random_.choice(['', '!= '])}{random_.choice(SOURCES)}")
        if random_.random() < 0.2:
            parts.append(f"{IP} daddr {random_.choice(DESTINATIONS)}")
        if random_.random() < 0.3:
            parts.append(random_.choice(["ct state established,related", "ct state new", "ct state != new"]))
        if random_.random() < 0.6:
            ports = ["8080", "{ 8080, 9000 }", "8080-8081", "!= 9000", "@open"]
            parts.append(f"tcp dport {random_.choice(ports)}")
        elif random_.random() < 0.3:
            return " ".join(
                [*parts, f"tcp dport vmap {{ 8080 : accept, 9000 : drop, 9001 : {random_.choice(targets)} }}"]
            )
        return " ".join([*parts, random_.choice(["counter", ""]), random_.choice(targets)])

    verdicts = ["accept", "drop", "return"]
    inner = "\n".join(rule(verdicts) for _ in range(random_.randint(1, 4)))
    main = "\n".join(rule([*verdicts, "jump more", "goto more"]) for _ in range(random_.randint(1, 6)))
    early = rule(["accept", "drop"])
    return f"""flush ruleset
table inet t {{
 set open {{ type inet_service; flags interval; elements = {{ 8081, 9001-9100 }} }}
 chain more {{
{inner}
 }}
 chain early {{ type filter hook prerouting priority -10; policy accept; {early if random_.random() < 0.3 else ""}
 }}
 chain in {{ type filter hook input priority 0; policy {random_.choice(["accept", "drop"])};
  ct state established,related accept
 {main}
 }}
}}
"""


def iptables(random_: random.Random) -> str:
    def rule(chain: str, targets: list[str]) -> str:
        parts = [f"-A {chain}"]
        if random_.random() < 0.2:
            parts.append(random_.choice(["-i lo", "! -i lo"]))
        if random_.random() < 0.5:
            parts.append(f"{random_.choice(['', '! '])}-s {random_.choice(SOURCES)}")
        if random_.random() < 0.2:
            parts.append(f"-d {random_.choice(DESTINATIONS)}")
        if random_.random() < 0.6:
            ports = ["--dport 8080", "! --dport 9000", "--dport 8080:8081", "-m multiport --dports 8080,9000:9001"]
            parts.append(f"-p tcp -m tcp {random_.choice(ports)}")
        if random_.random() < 0.3:
            parts.append(random_.choice(["-m conntrack --ctstate NEW", "-m conntrack ! --ctstate NEW"]))
        target = random_.choice(targets)
        return " ".join([*parts, target if target.startswith("-g") else f"-j {target}"])

    verdicts = ["ACCEPT", "DROP", "RETURN"]
    inner = [rule("more", verdicts) for _ in range(random_.randint(1, 4))]
    main = [rule("INPUT", [*verdicts, "more", "-g more"]) for _ in range(random_.randint(1, 6))]
    policy = random_.choice(["ACCEPT", "DROP"])
    first = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    return "\n".join(["*filter", f":INPUT {policy} [0:0]", ":more - [0:0]", first, *main, *inner, "COMMIT", ""])


def main() -> None:
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    other = cable()
    different = through = 0
    kind = socket.AF_INET6 if FAMILY == 6 else socket.AF_INET
    with ExitStack() as sockets:
        sockets.callback(other.kill)
        for port in PORTS:
            sockets.enter_context(socket.create_server((HERE, port), backlog=512, family=kind))
        for number in range(count):
            random_ = random.Random(seed + number)
            if number % 2:
                rules, load = nft(random_), "nft -f -"
            else:
                rules, load = iptables(random_), f"nft flush ruleset; {IP}tables-restore"
            sh(load, rules)
            real, told = asked(other.pid), expected()
            through += sum(real.values())
            wrong = {k: (real[k], told[k]) for k in real if real[k] != told[k]}
            if wrong:
                different += 1
                print(f"seed {seed + number}: (kernel, ours) {wrong}\n{rules}")
    print(
        f"{count} rulesets, {count * len(OTHERS) * len(PORTS)} questions, {through} let in; "
        f"{different} rulesets answered differently"
    )


if __name__ == "__main__":
    main()
