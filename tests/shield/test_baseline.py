"""What is normal for a resource, kept."""

from __future__ import annotations

import msgspec

from garrison.shield.baseline import STRETCH, Rates


def test_what_is_normal_outlives_a_restart() -> None:
    rates = Rates()
    for second in range(700 * STRETCH):
        rates.add(second, 20.0)
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(rates), type=Rates)
    assert kept.expected(40 * STRETCH) == rates.expected(40 * STRETCH)
