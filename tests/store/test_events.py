"""The event log, on both databases."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from garrison.store import AlreadyExists, Store

ACCOUNT = "111122223333"


def append(
    store: Store,
    id: str,
    time: float,
    keys: Sequence[tuple[str, str]] = (),
    *,
    account: str = ACCOUNT,
    region: str = "us-east-1",
) -> None:
    store.writing(
        lambda tx: tx.append_event(
            f'"{id}"'.encode(), id=id, account=account, region=region, time=time, keys=keys, extra=b"x" + id.encode()
        )
    )


def test_events_come_newest_first_whatever_order_they_were_written_in(store: Store) -> None:
    for id, time in (("b", 2.0), ("a", 1.0), ("d", 3.5), ("c", 3.5)):
        append(store, id, time)
    assert list(store.events()) == [b'"d"', b'"c"', b'"b"', b'"a"']
    assert list(store.events(limit=2)) == [b'"d"', b'"c"']
    assert list(store.events(start=2.0, end=3.0)) == [b'"b"']


def test_pages_go_on_after_the_last_event_seen_though_newer_ones_arrive(store: Store) -> None:
    for n in range(7):
        append(store, f"e{n}", 5.0 if n < 4 else 6.0)
    first = list(store.events(limit=3))
    append(store, "newer", 9.0)
    rest = list(store.events(before="e4", limit=10))
    assert first == [b'"e6"', b'"e5"', b'"e4"']
    assert rest == [b'"e3"', b'"e2"', b'"e1"', b'"e0"']
    assert list(store.events(before="unknown")) == []


def test_events_are_found_by_all_the_attributes_asked_for_within_an_account(store: Store) -> None:
    append(store, "e1", 1, [("Name", "Get"), ("User", "ana")])
    append(store, "e2", 2, [("Name", "Get"), ("User", "bob")])
    append(store, "e3", 3, [("Name", "Put"), ("User", "ana")])
    append(store, "e4", 4, [("Name", "Get"), ("User", "ana")], account="444455556666")
    append(store, "e5", 5, [("Name", "Get"), ("User", "ana")], region="eu-west-1")
    assert list(store.events(account=ACCOUNT, keys=[("Name", "Get")])) == [b'"e5"', b'"e2"', b'"e1"']
    assert list(store.events(account=ACCOUNT, keys=[("Name", "Get"), ("User", "ana")])) == [b'"e5"', b'"e1"']
    assert list(store.events(account=ACCOUNT, keys=[("Name", "Get")], start=2, end=4)) == [b'"e2"']
    with pytest.raises(ValueError, match="within one account"):
        store.events(keys=[("Name", "Get")])
    assert list(store.events(account=ACCOUNT, keys=[("User", "Get")])) == []
    found = store.stored_events(account=ACCOUNT, region="us-east-1", keys=[("Name", "Get")], before=(2.0, "e2"))
    assert [event.id for event in found] == ["e1"]
    assert (found[0].extra, found[0].account, found[0].region, found[0].time) == (b"xe1", ACCOUNT, "us-east-1", 1.0)


def test_an_event_id_is_written_once(store: Store) -> None:
    append(store, "e1", 1)
    with pytest.raises(AlreadyExists):
        append(store, "e1", 2)


def test_followers_see_events_in_the_order_of_their_commits_and_miss_none_over_a_reset(store: Store) -> None:
    assert store.last_event() == 0
    append(store, "late", 9)
    append(store, "early", 1)
    seen = store.events_since(0)
    assert [event.id for event in seen] == ["late", "early"]
    assert store.last_event() == seen[-1].seq
    store.reset()
    append(store, "next", 2)
    assert [event.id for event in store.events_since(seen[-1].seq)] == ["next"]
