"""Whose word on the client's address is taken."""

from __future__ import annotations

import pytest

from garrison.gateway.forwarded import TrustedHops

SPOOFED = [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https")]


def test_nobody_is_believed_by_default() -> None:
    assert TrustedHops(()).client("203.0.113.9", False, SPOOFED) == ("203.0.113.9", False)


def test_a_peer_that_is_no_hop_is_not_believed() -> None:
    assert TrustedHops(["10.0.0.0/8"]).client("203.0.113.9", False, SPOOFED) == ("203.0.113.9", False)


def test_a_hop_is_believed() -> None:
    assert TrustedHops(["10.0.0.0/8"]).client("10.1.2.3", False, SPOOFED) == ("198.51.100.7", True)


def test_what_the_client_wrote_itself_is_not_believed() -> None:
    headers = [("x-forwarded-for", "127.0.0.1, 198.51.100.7"), ("x-forwarded-for", "10.9.9.9")]
    assert TrustedHops(["10.0.0.0/8"]).client("10.1.2.3", False, headers) == ("198.51.100.7", False)


def test_nonsense_ends_the_chain_at_the_last_hop() -> None:
    headers = [("x-forwarded-for", "198.51.100.7, unknown")]
    assert TrustedHops(["10.0.0.0/8"]).client("10.1.2.3", True, headers) == ("10.1.2.3", True)


def test_the_nearest_hop_says_whether_it_was_tls() -> None:
    headers = [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https, http")]
    assert TrustedHops(["::1/128"]).client("::1", True, headers) == ("198.51.100.7", False)


def test_an_ipv4_address_is_one_however_its_socket_or_proxy_spells_it() -> None:
    # What a socket that takes both families says of an IPv4 peer: policies that name the address must still see it.
    assert TrustedHops(()).client("::ffff:203.0.113.9", False, SPOOFED) == ("203.0.113.9", False)
    assert TrustedHops(["10.0.0.0/8"]).client("::ffff:10.1.2.3", False, SPOOFED) == ("198.51.100.7", True)
    headers = [("x-forwarded-for", "::ffff:198.51.100.7")]
    assert TrustedHops(["10.0.0.0/8"]).client("10.1.2.3", False, headers) == ("198.51.100.7", False)
    assert TrustedHops(()).client("2001:db8::9", False, []) == ("2001:db8::9", False)


def test_a_hop_that_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError):
        TrustedHops(["proxy.example"])
