"""Session tokens: sealed, bound to their access key, one spelling only."""

from __future__ import annotations

import base64
from typing import cast

import pytest

from garrison.access.caller import Session
from garrison.access.runtime import Runtime
from garrison.access.tokens import Credentials, TokenExpired, TokenInvalid, mint, open_token
from garrison.aws.clock import ManualClock
from garrison.aws.ids import account_of
from garrison.keys.seal import Seal
from garrison.policy.principal import RoleSession
from garrison.store import Store

NOW = 1_800_000_000.0
PRINCIPAL = RoleSession("123456789012", "arn:aws:iam::123456789012:role/ops/Deploy", "AROAXXXXXXXXXXXXXXXXX", "ana")
SESSION = Session(
    kind="assume-role",
    issued=NOW,
    expires=NOW + 3600,
    tags={"team": "blue"},
    transitive=("team",),
    policies=('{"Version":"2012-10-17","Statement":[]}',),
)


def garrison(root: bytes = b"k" * 32) -> tuple[Runtime, ManualClock]:
    clock = ManualClock(NOW)
    return Runtime(store=cast("Store", None), seal=Seal(root), clock=clock), clock


@pytest.fixture(scope="module")
def minted() -> tuple[Runtime, Credentials]:
    runtime, _ = garrison()
    return runtime, mint(runtime, PRINCIPAL, SESSION)


def test_a_token_gives_back_its_caller_and_secret(minted: tuple[Runtime, Credentials]) -> None:
    _, credentials = minted
    other_process, _ = garrison()
    caller, secret = open_token(other_process, credentials.session_token, credentials.access_key_id)
    assert caller.principal == PRINCIPAL
    assert caller.session == SESSION
    assert caller.access_key_id == credentials.access_key_id
    assert secret == credentials.secret_access_key


def test_temporary_keys_look_like_aws_ones_and_name_their_account(minted: tuple[Runtime, Credentials]) -> None:
    _, credentials = minted
    assert credentials.access_key_id.startswith("ASIA")
    assert len(credentials.access_key_id) == 20
    assert account_of(credentials.access_key_id) == "123456789012"
    assert len(credentials.secret_access_key) == 40
    assert 300 < len(credentials.session_token) < 1500


def test_a_token_with_any_byte_altered_is_refused(minted: tuple[Runtime, Credentials]) -> None:
    runtime, credentials = minted
    raw = base64.b64decode(credentials.session_token)
    for i in range(len(raw)):
        altered = bytearray(raw)
        altered[i] ^= 1
        with pytest.raises(TokenInvalid):
            open_token(runtime, base64.b64encode(bytes(altered)).decode(), credentials.access_key_id)


def test_a_token_with_any_character_altered_is_refused(minted: tuple[Runtime, Credentials]) -> None:
    runtime, credentials = minted
    token = credentials.session_token
    for i, character in enumerate(token):
        other = "A" if character != "A" else "B"
        with pytest.raises(TokenInvalid):
            open_token(runtime, token[:i] + other + token[i + 1 :], credentials.access_key_id)


@pytest.mark.parametrize("respelled", ["{0}\n", " {0}", "{0}=", "{0}AAAA", "{0}é"])
def test_a_respelled_token_is_refused(minted: tuple[Runtime, Credentials], respelled: str) -> None:
    runtime, credentials = minted
    with pytest.raises(TokenInvalid):
        open_token(runtime, respelled.format(credentials.session_token), credentials.access_key_id)


def test_unused_bits_of_the_last_character_are_no_second_spelling() -> None:
    runtime, _ = garrison()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    tried = 0
    for length in range(0, 256, 32):
        session = Session(kind="assume-role", issued=NOW, expires=NOW + 60, source_identity="x" * length)
        credentials = mint(runtime, PRINCIPAL, session)
        token = credentials.session_token
        if not token.endswith("="):
            continue
        head, pad = token.rstrip("="), token[len(token.rstrip("=")) :]
        sibling = head[:-1] + alphabet[alphabet.index(head[-1]) + 1] + pad
        assert base64.b64decode(sibling) == base64.b64decode(token)
        tried += 1
        with pytest.raises(TokenInvalid):
            open_token(runtime, sibling, credentials.access_key_id)
    assert tried


@pytest.mark.parametrize("token", ["", "x", "====", "IQo=", "a" * 100_000, "\x00", "IQoJ" + "A" * 400])
def test_what_never_was_a_token_is_refused(token: str) -> None:
    runtime, _ = garrison()
    with pytest.raises(TokenInvalid):
        open_token(runtime, token, "ASIAQAAAAAAAAAAAAAAA")


def test_every_prefix_of_a_token_is_refused(minted: tuple[Runtime, Credentials]) -> None:
    runtime, credentials = minted
    for end in range(len(credentials.session_token)):
        with pytest.raises(TokenInvalid):
            open_token(runtime, credentials.session_token[:end], credentials.access_key_id)


@pytest.mark.parametrize("opened_before", [True, False])
def test_a_token_belongs_to_its_access_key(opened_before: bool) -> None:
    runtime, _ = garrison()
    mine, other = mint(runtime, PRINCIPAL, SESSION), mint(runtime, PRINCIPAL, SESSION)
    if opened_before:
        open_token(runtime, mine.session_token, mine.access_key_id)
    with pytest.raises(TokenInvalid):
        open_token(runtime, mine.session_token, other.access_key_id)


def test_a_token_of_another_root_key_is_refused(minted: tuple[Runtime, Credentials]) -> None:
    _, credentials = minted
    stranger, _ = garrison(b"s" * 32)
    with pytest.raises(TokenInvalid):
        open_token(stranger, credentials.session_token, credentials.access_key_id)


def test_a_token_expires_to_the_second_even_when_remembered() -> None:
    runtime, clock = garrison()
    credentials = mint(runtime, PRINCIPAL, SESSION)
    clock.advance(3599)
    open_token(runtime, credentials.session_token, credentials.access_key_id)
    clock.advance(1)
    with pytest.raises(TokenExpired):
        open_token(runtime, credentials.session_token, credentials.access_key_id)


def test_an_altered_expired_token_is_not_called_expired() -> None:
    runtime, clock = garrison()
    credentials = mint(runtime, PRINCIPAL, SESSION)
    clock.advance(10_000)
    with pytest.raises(TokenInvalid):
        open_token(runtime, credentials.session_token[:-8] + "AAAAAAAA", credentials.access_key_id)


def test_a_token_is_at_least_as_long_as_asked() -> None:
    runtime, _ = garrison()
    for size in (0, 1, 700, 2048, 4096):
        credentials = mint(runtime, PRINCIPAL, SESSION, minimum_size=size)
        assert size <= len(credentials.session_token) < max(size, 900) + 8
        assert open_token(runtime, credentials.session_token, credentials.access_key_id)[0].session == SESSION


def test_tokens_do_not_show_their_contents(minted: tuple[Runtime, Credentials]) -> None:
    _, credentials = minted
    raw = base64.b64decode(credentials.session_token)
    assert b"Deploy" not in raw
    assert credentials.secret_access_key.encode() not in raw
