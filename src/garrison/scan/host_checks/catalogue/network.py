"""The kernel's network: what it believes of what comes in."""

from __future__ import annotations

from garrison.scan.host_checks.check import Verdict, host_check
from garrison.scan.host_checks.configuration import sysctl
from garrison.scan.host_checks.files import HostFiles

_FIX = "in /etc/sysctl.d/60-hardening.conf; sysctl --system"


def _both(template: str, good: str, own: str, *families: str) -> sysctl.Wanted:
    """A parameter of all interfaces and of those to come, of both protocols unless said otherwise."""
    wanted: sysctl.Wanted = {}
    for family in families or ("ipv4", "ipv6"):
        for interface in ("all", "default"):
            wanted[f"net.{family}.conf.{interface}.{template}"] = ((good,), own)
    return wanted


@host_check(
    "network.forwarding",
    "The host forwards no packets",
    level=1,
    fix=f"net.ipv4.ip_forward = 0 and net.ipv6.conf.all.forwarding = 0 {_FIX}",
)
def forwarding(host: HostFiles) -> Verdict:
    """Reads ip_forward: 0. A host that forwards is a way past the firewall between its networks. Hosts of containers
    and routers need it: except them."""
    return sysctl.judged(host, {"net.ipv4.ip_forward": (("0",), "0"), "net.ipv6.conf.all.forwarding": (("0",), "0")})


@host_check(
    "network.send-redirects",
    "The host sends no redirects",
    level=1,
    fix=f"net.ipv4.conf.all.send_redirects = 0, and default {_FIX}",
)
def send_redirects(host: HostFiles) -> Verdict:
    """Reads send_redirects: 0. Redirects are a router's; from a host that was taken over they lead traffic to it."""
    return sysctl.judged(host, _both("send_redirects", "0", "1", "ipv4"))


@host_check(
    "network.accept-redirects",
    "The host follows no redirects",
    level=1,
    fix=f"net.ipv4.conf.all.accept_redirects = 0, default, and ipv6 {_FIX}",
)
def accept_redirects(host: HostFiles) -> Verdict:
    """Reads accept_redirects: 0. Whoever is on the same network could lead this host's traffic to himself."""
    return sysctl.judged(host, _both("accept_redirects", "0", "1"))


@host_check(
    "network.secure-redirects",
    "The host follows no redirects of its gateways either",
    level=1,
    fix=f"net.ipv4.conf.all.secure_redirects = 0, and default {_FIX}",
)
def secure_redirects(host: HostFiles) -> Verdict:
    """Reads secure_redirects: 0. A gateway can be taken over too, or pretended to be."""
    return sysctl.judged(host, _both("secure_redirects", "0", "1", "ipv4"))


@host_check(
    "network.source-routing",
    "Packets do not choose their way",
    level=1,
    fix=f"net.ipv4.conf.all.accept_source_route = 0, default, and ipv6 {_FIX}",
)
def source_routing(host: HostFiles) -> Verdict:
    """Reads accept_source_route: 0. A sender who says which way a packet goes gets around routes and filters."""
    wanted = _both("accept_source_route", "0", "0")
    return sysctl.judged(host, wanted | {"net.ipv4.conf.default.accept_source_route": (("0",), "1")})


@host_check(
    "network.martians",
    "Packets with impossible addresses are logged",
    level=1,
    fix=f"net.ipv4.conf.all.log_martians = 1, and default {_FIX}",
)
def martians(host: HostFiles) -> Verdict:
    """Reads log_martians: 1. Somebody who forges addresses should be seen."""
    return sysctl.judged(host, _both("log_martians", "1", "0", "ipv4"))


@host_check(
    "network.broadcast-echo",
    "The host answers no broadcast echo",
    level=1,
    fix=f"net.ipv4.icmp_echo_ignore_broadcasts = 1 {_FIX}",
)
def broadcast_echo(host: HostFiles) -> Verdict:
    """Reads icmp_echo_ignore_broadcasts: 1. Answers to a forged broadcast flood the one who is named as its sender."""
    return sysctl.judged(host, {"net.ipv4.icmp_echo_ignore_broadcasts": (("1",), "1")})


@host_check(
    "network.bogus-errors",
    "Senseless ICMP errors do not fill the log",
    level=1,
    fix=f"net.ipv4.icmp_ignore_bogus_error_responses = 1 {_FIX}",
)
def bogus_errors(host: HostFiles) -> Verdict:
    """Reads icmp_ignore_bogus_error_responses: 1. A full log has no place for what matters."""
    return sysctl.judged(host, {"net.ipv4.icmp_ignore_bogus_error_responses": (("1",), "1")})


@host_check(
    "network.reverse-path",
    "Packets come in where answers go out",
    level=1,
    fix=f"net.ipv4.conf.all.rp_filter = 1, and default {_FIX}",
)
def reverse_path(host: HostFiles) -> Verdict:
    """Reads rp_filter: 1. Else a packet with a forged inner address comes in from outside and is believed."""
    return sysctl.judged(host, _both("rp_filter", "1", "0", "ipv4"))


@host_check(
    "network.syn-cookies",
    "A flood of half-open connections keeps nobody out",
    level=1,
    fix=f"net.ipv4.tcp_syncookies = 1 {_FIX}",
)
def syn_cookies(host: HostFiles) -> Verdict:
    """Reads tcp_syncookies: 1 or 2. With cookies, a table of half-open connections that is full still lets real ones
    in."""
    return sysctl.judged(host, {"net.ipv4.tcp_syncookies": (("1", "2"), "1")})


@host_check(
    "network.router-advertisements",
    "The host takes no routes from whoever announces them",
    level=1,
    fix=f"net.ipv6.conf.all.accept_ra = 0, and default {_FIX}",
)
def router_advertisements(host: HostFiles) -> Verdict:
    """Reads accept_ra: 0. Whoever is on the same network can announce himself as the router. Hosts whose addresses come
    by SLAAC need it: except them."""
    return sysctl.judged(host, _both("accept_ra", "0", "1", "ipv6"))
