"""One-time passwords, against the vectors of RFC 6238 and the rules of burning."""

from __future__ import annotations

import pytest

from garrison.services.iam import totp

RFC_SEED = b"12345678901234567890"
NOW = 1_750_000_010.0
STEP = totp.step_at(NOW)
SEED = bytes(range(40))


# RFC 6238, appendix B, the SHA-1 rows; its eight digits end in our six.
@pytest.mark.parametrize(
    ("time", "digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_rfc(time: int, digits: str) -> None:
    assert totp.code(RFC_SEED, totp.step_at(time)) == digits[2:]


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_code_may_be_one_step_early_or_late(off: int) -> None:
    assert totp.accepted(SEED, totp.code(SEED, STEP + off), NOW) == STEP + off


@pytest.mark.parametrize("off", [-2, 2])
def test_and_no_more(off: int) -> None:
    assert totp.accepted(SEED, totp.code(SEED, STEP + off), NOW) is None


def test_a_burned_step_and_those_before_it_are_refused() -> None:
    assert totp.accepted(SEED, totp.code(SEED, STEP), NOW, last=STEP) is None
    assert totp.accepted(SEED, totp.code(SEED, STEP - 1), NOW, last=STEP) is None
    assert totp.accepted(SEED, totp.code(SEED, STEP + 1), NOW, last=STEP) == STEP + 1


@pytest.mark.parametrize("given", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\n"])
def test_what_is_no_code_is_refused(given: str) -> None:
    assert totp.accepted(SEED, given, NOW) is None


def test_a_pair_must_be_consecutive_and_in_order() -> None:
    codes = {n: totp.code(SEED, STEP + n) for n in range(-3, 3)}

    def pair(first: int, second: int) -> int | None:
        return totp.accepted_pair(SEED, codes[first], codes[second], NOW, window=2)

    assert pair(-1, 0) == STEP
    assert pair(0, 1) == STEP + 1
    assert pair(0, 0) is None
    assert pair(0, -1) is None
    assert pair(-2, 0) is None


def test_a_pair_with_a_burned_code_is_refused() -> None:
    first, second = totp.code(SEED, STEP), totp.code(SEED, STEP + 1)
    assert totp.accepted_pair(SEED, first, second, NOW, window=2, last=STEP) is None
    assert totp.accepted_pair(SEED, first, second, NOW, window=2, last=STEP - 1) == STEP + 1


def test_a_drifting_clock_is_followed() -> None:
    ahead = totp.code(SEED, STEP + 20)
    assert totp.accepted(SEED, ahead, NOW) is None
    assert totp.accepted(SEED, ahead, NOW, drift=totp.learned_drift(STEP + 20, NOW)) == STEP + 20
    assert totp.learned_drift(STEP + 1, NOW) == 0
