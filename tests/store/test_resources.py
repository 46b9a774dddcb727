"""Resources, links, lookups and leases, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest

from garrison.store import AlreadyExists, Kind, Reader, Resource, Store, Transaction, VersionConflict

ACCOUNT = "111122223333"
R = TypeVar("R")


class Thing(msgspec.Struct, frozen=True, omit_defaults=True):
    path: str = "/"
    tags: dict[str, str] = {}


USER = Kind("test.user", Thing, fold=str.lower)
KEY = Kind("test.key", Thing)


def add(
    store: Store, name: str, body: Thing | None = None, *, kind: Kind[Thing] = USER, id: str = "", parent: str = ""
) -> Resource[Thing]:
    return store.writing(
        lambda tx: tx.insert(
            kind, ACCOUNT, name, body or Thing(), id=id or f"id-{parent}-{name}", parent=parent, created=1.5
        )
    )


def look(store: Store, function: Callable[[Reader], R]) -> R:
    with store.reading() as reader:
        return function(reader)


def test_what_was_inserted_comes_back_whole(store: Store) -> None:
    body = Thing(path="/dev/", tags={"näme": "välue\u0000"})
    inserted = add(store, "Ana", body)
    assert look(store, lambda r: r.get(USER, ACCOUNT, "Ana")) == inserted
    assert look(store, lambda r: r.by_id(USER, inserted.id)) == inserted
    assert inserted.body == body
    assert (inserted.name, inserted.version, inserted.created, inserted.updated) == ("Ana", 1, 1.5, 1.5)


def test_names_are_unique_by_the_folding_of_their_kind(store: Store) -> None:
    add(store, "Ana")
    with pytest.raises(AlreadyExists):
        add(store, "ANA", id="other")
    assert look(store, lambda r: r.get(USER, ACCOUNT, "aNa")) is not None
    add(store, "Ana", kind=KEY)
    add(store, "ANA", kind=KEY)
    assert look(store, lambda r: r.get(KEY, ACCOUNT, "ana")) is None


def test_the_kinds_an_account_has_resources_of_are_known(store: Store) -> None:
    ana = add(store, "Ana", parent="x")
    add(store, "k", kind=KEY)
    assert look(store, lambda r: r.kinds(ACCOUNT)) == ["test.key", "test.user"]
    assert look(store, lambda r: r.kinds("999999999999")) == []
    store.writing(lambda tx: tx.delete(ana))
    assert look(store, lambda r: r.kinds(ACCOUNT)) == ["test.key"]


def test_ids_are_unique_within_a_kind(store: Store) -> None:
    add(store, "Ana", id="one")
    with pytest.raises(AlreadyExists):
        add(store, "Bob", id="one")
    add(store, "Ana", kind=KEY, id="one")


def test_the_same_name_is_free_in_another_account_region_or_parent(store: Store) -> None:
    def write(tx: Transaction) -> None:
        tx.insert(USER, ACCOUNT, "Ana", Thing(), id="1", created=1)
        tx.insert(USER, "444455556666", "Ana", Thing(), id="2", created=1)
        tx.insert(USER, ACCOUNT, "Ana", Thing(), id="3", region="eu-west-1", created=1)
        tx.insert(USER, ACCOUNT, "Ana", Thing(), id="4", parent="p", created=1)

    store.writing(write)
    found = look(store, lambda r: r.get(USER, ACCOUNT, "Ana", parent="p"))
    assert found is not None
    assert found.id == "4"
    assert look(store, lambda r: r.count(USER, ACCOUNT)) == 1
    assert look(store, lambda r: r.count(USER, ACCOUNT, parent=None)) == 2


def test_pages_follow_code_points_of_folded_names_and_end_where_the_names_do(store: Store) -> None:
    names = [
        "zeta",
        "Alpha",
        "beta",
        "Ärger",
        "ärmel",
        "ñandú",
        "東京",
        "𝒳",
        "a b",
        "a-b",
        "a_b",
        "ＺＥＴＡ",
        "é",
        "e\u0301",
    ]
    for name in names:
        add(store, name)
    expected = sorted(names, key=str.lower)
    seen: list[str] = []
    after = ""
    while page := look(store, lambda r, after=after: r.page(USER, ACCOUNT, after=after, limit=3)):  # type: ignore[misc]
        assert len(page) <= 3
        seen += [resource.name for resource in page]
        after = page[-1].name
    assert seen == expected
    assert [r.name for r in look(store, lambda r: r.page(USER, ACCOUNT))] == expected


def test_a_page_starts_after_a_name_that_is_gone_or_spelled_differently(store: Store) -> None:
    for name in ("ana", "Bob", "cid"):
        add(store, name)
    assert [r.name for r in look(store, lambda r: r.page(USER, ACCOUNT, after="BOB"))] == ["cid"]
    assert [r.name for r in look(store, lambda r: r.page(USER, ACCOUNT, after="az"))] == ["Bob", "cid"]


def test_pages_over_every_parent_are_in_order_of_name_then_parent(store: Store) -> None:
    for name, parent in (("b", "1"), ("a", "2"), ("a", "1")):
        add(store, name, parent=parent)
    found = look(store, lambda r: r.page(USER, ACCOUNT, parent=None))
    assert [(r.name, r.parent) for r in found] == [("a", "1"), ("a", "2"), ("b", "1")]
    assert look(store, lambda r: r.page(USER, ACCOUNT)) == []


def test_an_update_replaces_the_body_and_counts_the_version(store: Store) -> None:
    ana = add(store, "Ana")
    updated = store.writing(lambda tx: tx.update(ana, Thing(path="/x/"), updated=9.0))
    assert look(store, lambda r: r.get(USER, ACCOUNT, "Ana")) == updated
    assert (updated.version, updated.body.path, updated.created, updated.updated) == (2, "/x/", 1.5, 9.0)


def test_a_rename_frees_the_old_name_and_refuses_a_taken_one(store: Store) -> None:
    ana = add(store, "Ana")
    add(store, "Bob")
    with pytest.raises(AlreadyExists):
        store.writing(lambda tx: tx.update(ana, ana.body, name="BOB"))
    renamed = store.writing(lambda tx: tx.update(ana, ana.body, name="ANA"))
    store.writing(lambda tx: tx.update(renamed, ana.body, name="Cid"))
    assert look(store, lambda r: r.get(USER, ACCOUNT, "Ana")) is None
    add(store, "ana", id="new")


def test_an_update_of_an_old_version_is_refused(store: Store) -> None:
    ana = add(store, "Ana")
    store.writing(lambda tx: tx.update(ana, Thing(path="/first/")))
    with pytest.raises(VersionConflict):
        store.writing(lambda tx: tx.update(ana, Thing(path="/second/")))
    with pytest.raises(VersionConflict):
        store.writing(lambda tx: tx.delete(ana))
    found = look(store, lambda r: r.get(USER, ACCOUNT, "Ana"))
    assert found is not None
    assert found.body.path == "/first/"


def test_what_is_deleted_is_gone_and_cannot_be_deleted_again(store: Store) -> None:
    ana = add(store, "Ana")
    store.writing(lambda tx: tx.delete(ana))
    assert look(store, lambda r: r.by_id(USER, ana.id)) is None
    with pytest.raises(VersionConflict):
        store.writing(lambda tx: tx.delete(ana))
    add(store, "Ana")


def test_links_are_found_from_both_ends_in_order_of_position(store: Store) -> None:
    def write(tx: Transaction) -> None:
        assert tx.link("attached", ACCOUNT, "role", "p2", position=1)
        assert tx.link("attached", ACCOUNT, "role", "p1", position=1)
        assert tx.link("attached", ACCOUNT, "role", "p0", position=5, body=b"\x00\xff")
        assert tx.link("attached", ACCOUNT, "user", "p1", position=0)
        assert tx.link("member", ACCOUNT, "role", "p9")

    store.writing(write)
    targets = look(store, lambda r: r.targets("attached", "role"))
    assert [(link.target, link.position, link.body) for link in targets] == [
        ("p1", 1, None),
        ("p2", 1, None),
        ("p0", 5, b"\x00\xff"),
    ]
    assert [link.source for link in look(store, lambda r: r.sources("attached", "p1"))] == ["user", "role"]


def test_linking_again_replaces_and_says_so(store: Store) -> None:
    assert store.writing(lambda tx: tx.link("r", ACCOUNT, "s", "t")) is True
    assert store.writing(lambda tx: tx.link("r", ACCOUNT, "s", "t", position=3, body=b"x")) is False
    (link,) = look(store, lambda r: r.targets("r", "s"))
    assert (link.position, link.body, link.account) == (3, b"x", ACCOUNT)
    assert store.writing(lambda tx: tx.unlink("r", "s", "t")) is True
    assert store.writing(lambda tx: tx.unlink("r", "s", "t")) is False


def test_a_lookup_keeps_its_first_value(store: Store) -> None:
    store.writing(lambda tx: tx.set_lookup("key", "AKIA", "ana"))
    store.writing(lambda tx: tx.set_lookup("key", "AKIA", "ana"))
    with pytest.raises(AlreadyExists):
        store.writing(lambda tx: tx.set_lookup("key", "AKIA", "bob"))
    assert look(store, lambda r: r.lookup("key", "AKIA")) == "ana"
    assert look(store, lambda r: r.lookup("other", "AKIA")) is None
    store.writing(lambda tx: tx.delete_lookup("key", "AKIA"))
    assert look(store, lambda r: r.lookup("key", "AKIA")) is None


def test_names_no_database_can_hold_are_not_found(store: Store) -> None:
    add(store, "Ana")

    def ask(reader: Reader) -> tuple[object, object, bool]:
        nothing = reader.get(USER, ACCOUNT, "A\0na"), reader.lookup("k", "\0")
        return *nothing, reader.get(USER, ACCOUNT, "Ana") is not None

    assert look(store, ask) == (None, None, True)


def test_a_lease_belongs_to_one_owner_until_it_runs_out(store: Store) -> None:
    def lease(owner: str, now: float) -> bool:
        return store.writing(lambda tx: tx.lease("expiry", owner, 30, now))

    assert lease("a", 100)
    assert not lease("b", 120)
    assert lease("a", 125)
    assert not lease("b", 140)
    assert lease("b", 155)
    assert not lease("a", 156)
    store.writing(lambda tx: tx.release("expiry", "a"))
    assert not lease("a", 157)
    store.writing(lambda tx: tx.release("expiry", "b"))
    assert lease("a", 158)
