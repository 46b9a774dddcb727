"""How often somebody may fail."""

from __future__ import annotations

import pytest

from garrison.signin import backoff
from garrison.signin.backoff import ATTEMPTS, by_name, by_source, charge, forget, pay_back
from garrison.store import Store

NOW = 1_750_000_000.0
ANA = by_name("123456789012", "ana")


def tried(store: Store, now: float, key: backoff.Key = ANA) -> bool:
    return store.writing(lambda tx: charge(tx, (key,), now))


def test_five_failures_are_free_and_the_pauses_after_them_double(sqlite_store: Store) -> None:
    now = NOW
    for _ in range(5):
        assert tried(sqlite_store, now)
    for pause in (15, 30, 60, 120, 240, 480, 900, 900):
        assert not tried(sqlite_store, now + pause - 1)
        now += pause
        assert tried(sqlite_store, now)


def test_attempts_during_a_pause_do_not_prolong_it(sqlite_store: Store) -> None:
    for _ in range(5):
        tried(sqlite_store, NOW)
    for second in range(14):
        assert not tried(sqlite_store, NOW + second)
    assert tried(sqlite_store, NOW + 15)


def test_a_right_attempt_is_paid_back(sqlite_store: Store) -> None:
    for _ in range(40):
        assert tried(sqlite_store, NOW)
        sqlite_store.writing(lambda tx: pay_back(tx, (ANA,), NOW))
    with sqlite_store.reading() as reader:
        assert reader.count(ATTEMPTS, "") == 0


def test_a_right_password_does_not_wipe_out_wrong_codes(sqlite_store: Store) -> None:
    allowed = 0
    for _ in range(20):
        if tried(sqlite_store, NOW):
            sqlite_store.writing(lambda tx: pay_back(tx, (ANA,), NOW))
            allowed += tried(sqlite_store, NOW)
    assert allowed == 5


def test_an_hour_without_attempts_is_forgiven_and_signing_in_forgives_at_once(sqlite_store: Store) -> None:
    for _ in range(5):
        tried(sqlite_store, NOW)
    sqlite_store.writing(lambda tx: forget(tx, ANA, NOW))
    for _ in range(5):
        assert tried(sqlite_store, NOW)
    later = NOW + 3700
    for _ in range(5):
        assert tried(sqlite_store, later)


def test_names_count_regardless_of_case_and_apart_from_each_other() -> None:
    assert by_name("1", "Ana") == by_name("1", "ana")
    assert len({by_name("1", "ana").id, by_name("2", "ana").id, by_name("1", "bob").id, by_source("ana").id}) == 4


def test_made_up_names_do_not_fill_the_store(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "MOST_ROWS", 50)
    for n in range(200):
        tried(sqlite_store, NOW + n, by_name("1", f"nobody{n}"))
    with sqlite_store.reading() as reader:
        assert reader.count(ATTEMPTS, "") <= 51
