"""Encryption contexts: two that differ never give the same bytes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from garrison.keys.context import canonical_context
from garrison.keys.material import joined

# Short texts of few letters, lengths and separators among them, so that collisions are likely if there can be any.
texts = st.text(alphabet="ab:,{}\"'\\\0\1\x7fé😀", max_size=4)
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
contexts = st.dictionaries(texts, texts, max_size=4)


@patient
@given(contexts, contexts)
def test_contexts_are_equal_exactly_if_their_bytes_are(one: dict[str, str], other: dict[str, str]) -> None:
    assert (one == other) == (canonical_context(one) == canonical_context(other))


@patient
@given(contexts)
def test_order_does_not_matter(context: dict[str, str]) -> None:
    assert canonical_context(context) == canonical_context(dict(reversed(context.items())))


@patient
@given(contexts, st.binary(max_size=8), st.binary(max_size=8))
def test_no_context_begins_another(context: dict[str, str], more: bytes, before: bytes) -> None:
    """Decoding the bytes gives the context back and uses all of them, so nothing can be hung on."""
    raw = canonical_context(context)
    decoded, rest = _decode(raw + more)
    assert (decoded, rest) == (context, more)


def _decode(raw: bytes) -> tuple[dict[str, str], bytes]:
    def field() -> str:
        nonlocal raw
        n = int.from_bytes(raw[:4], "big")
        text, raw = raw[4 : 4 + n].decode(), raw[4 + n :]
        return text

    pairs, raw = int.from_bytes(raw[:4], "big"), raw[4:]
    return {field(): field() for _ in range(pairs)}, raw


def test_none_and_empty_are_the_same_and_text_must_be_unicode() -> None:
    assert canonical_context(None) == canonical_context({}) == b"\0\0\0\0"
    with pytest.raises(ValueError, match="surrogates"):
        canonical_context({"a": "\ud800"})


@patient
@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_joined_fields_are_equal_exactly_if_the_fields_are(one: list[str], other: list[str]) -> None:
    assert (one == other) == (joined(*one) == joined(*other))
