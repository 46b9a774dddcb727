"""The CAPTCHA's questions: in plain words, one try each."""

from __future__ import annotations

import os
import random
from typing import NamedTuple

import msgspec

from garrison.waf.request import Request
from garrison.waf.state import State
from garrison.waf.token import client_of, host_of

LIFETIME = 900
"""Seconds to answer: nobody is to be hurried."""

_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_KINDS = {
    "animal": ("horse", "otter", "sparrow", "salmon", "beetle", "badger", "heron", "lizard"),
    "colour": ("purple", "yellow", "orange", "scarlet", "turquoise", "brown"),
    "fruit": ("apple", "cherry", "melon", "banana", "apricot", "grape"),
    "tool": ("hammer", "chisel", "spanner", "pliers", "saw", "drill"),
    "vehicle": ("bicycle", "lorry", "tram", "ferry", "tractor", "scooter"),
    "instrument": ("violin", "trumpet", "flute", "drum", "harp", "clarinet"),
}
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_NAMES = ("Amina", "Bruno", "Chen", "Dana", "Emeka", "Freya")


class Question(NamedTuple):
    """What to ask, and what to hear."""

    text: str
    answers: tuple[str, ...]


class Puzzle(msgspec.Struct, frozen=True, array_like=True):
    """What a page brings back, sealed: nobody reads the answer in it, or changes where it leads."""

    mark: bytes
    client: bytes
    host: str
    issued: int
    answers: tuple[str, ...]
    back: str
    """Path and query the client wanted."""


def new_question() -> Question:
    """A question nobody can foresee."""
    source = random.SystemRandom()
    return source.choice((_sum, _rest, _odd_one, _of_kind, _nth))(source)


def _sum(source: random.Random) -> Question:
    a, b = source.randint(2, 9), source.randint(2, 9)
    return Question(f"What is {_NUMBERS[a]} plus {_NUMBERS[b]}?", (str(a + b), _NUMBERS[a + b]))


def _rest(source: random.Random) -> Question:
    a = source.randint(8, 19)
    b = source.randint(2, 7)
    thing = source.choice(("pears", "stamps", "marbles", "books"))
    name = source.choice(_NAMES)
    text = f"{name} has {_NUMBERS[a]} {thing} and gives away {_NUMBERS[b]}. How many are left?"
    return Question(text, (str(a - b), _NUMBERS[a - b]))


def _odd_one(source: random.Random) -> Question:
    most, other = source.sample(sorted(_KINDS), 2)
    words = [*source.sample(_KINDS[most], 3), source.choice(_KINDS[other])]
    odd = words[-1]
    source.shuffle(words)
    return Question(f"Which of these does not belong with the others: {', '.join(words)}?", (odd,))


def _of_kind(source: random.Random) -> Question:
    kinds = source.sample(sorted(_KINDS), 4)
    words = [source.choice(_KINDS[kind]) for kind in kinds]
    wanted = words[0]
    source.shuffle(words)
    article = "an" if kinds[0][0] in "aeiou" else "a"
    return Question(f"Which of these is {article} {kinds[0]}: {', '.join(words)}?", (wanted,))


def _nth(source: random.Random) -> Question:
    words = [source.choice(_KINDS[kind]) for kind in source.sample(sorted(_KINDS), 5)]
    at = source.randrange(5)
    return Question(f"Type the {_ORDINALS[at]} of these words: {', '.join(words)}.", (words[at],))


def new_puzzle(request: Request, state: State, now: float, question: Question, back: str) -> str:
    """A question sealed for the client of a request."""
    puzzle = Puzzle(os.urandom(12), client_of(request), host_of(request), int(now), question.answers, back)
    return state.tokens.seal(b"puzzle", msgspec.msgpack.encode(puzzle))


def opened(sealed: bytes, request: Request, state: State, now: float) -> Puzzle | None:
    """A puzzle of ours that this client was given, while it is good. None otherwise, and the second time."""
    data = state.tokens.open(b"puzzle", sealed)
    if data is None:
        return None
    try:
        puzzle = msgspec.msgpack.decode(data, type=Puzzle)
    except msgspec.DecodeError:
        return None
    if puzzle.client != client_of(request) or puzzle.host != host_of(request):
        return None
    if not 0 <= now - puzzle.issued <= LIFETIME:
        return None
    return puzzle if state.once.first(puzzle.mark, puzzle.issued + LIFETIME, now) else None


def is_right(puzzle: Puzzle, answer: str) -> bool:
    """Whether an answer will do: case, spaces and a full stop are no matter."""
    return answer.strip().rstrip(".").strip().lower() in puzzle.answers
