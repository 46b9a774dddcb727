"""Keys are in a total order, whatever text they are made of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garrison.scan.versions import Scheme

ODD = st.text(max_size=12) | st.text("0123456789.-_~^+:abcrpv", max_size=12)
USUAL = st.builds(
    "{}{}{}".format,
    st.lists(st.integers(0, 12).map(str), min_size=1, max_size=4).map(".".join),
    st.sampled_from(["", "-", "_", ".", "~"]),
    st.sampled_from(["", "alpha", "beta1", "rc2", "rc10", "p1", "dev", "r3", "post1", "sp"]),
)

NUMBERS = st.lists(st.integers(0, 99), min_size=1, max_size=4)


@pytest.mark.parametrize("scheme", Scheme)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_keys_are_totally_ordered(scheme: Scheme, data: st.DataObject) -> None:
    # Maven's own order is none for versions that no one writes (a zero is nothing, and more than a list of nothing).
    texts = USUAL if scheme is Scheme.MAVEN else ODD | USUAL
    a, b, c = (scheme.key(data.draw(texts)) for _ in range(3))
    assert (a < b) + (a == b) + (b < a) == 1
    low, middle, high = sorted((a, b, c))
    assert low <= middle <= high
    assert low <= high


@pytest.mark.parametrize("scheme", Scheme)
@given(
    numbers=st.lists(st.integers(0, 99), min_size=1, max_size=4),
    other=st.lists(st.integers(0, 99), min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_plain_numbers_are_ordered_alike_in_all_schemes(scheme: Scheme, numbers: list[int], other: list[int]) -> None:
    one, two = ([*n, 0, 0, 0][:4] for n in (numbers, other))
    given_ = ".".join(map(str, one)), ".".join(map(str, two))
    assert scheme.compare(*given_) == (one > two) - (one < two)
