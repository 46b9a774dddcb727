"""Figures in questions: `at least every 90 days`, `14 or more characters`, `quarterly`; and what figure shows which.

A figure is taken out of the text with the words that belong to it. Spans of time are days: a month 30, a quarter 90, a
year 365, so that what a question asks is rather too short than too long a span to be shown by what is known.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Bound = Literal["least", "most", "every", ""]
_NUMBERS = {
    word: n
    for n, word in enumerate(
        (
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
        ),
        1,
    )
} | {"eighteen": 18, "twenty": 20, "twenty four": 24, "thirty": 30, "forty five": 45, "sixty": 60, "ninety": 90}
_DAYS = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
_SPANS = {
    "quarterly": 90, "monthly": 30, "weekly": 7, "daily": 1, "hourly": 0, "annually": 365, "annual": 365,
    "yearly": 365, "semiannually": 182, "biannually": 182, "half yearly": 182,
}  # fmt: skip
_NUMBER = r"[0-9]+|" + "|".join(sorted(_NUMBERS, key=len, reverse=True))
_UNIT = (
    r"(?:calendar |consecutive |full )?(?P<day>hour|day|week|month|quarter|year)s?\b|(?P<character>character|char)s?\b"
    r"|(?:previous |last |prior |earlier |old |former )?(?P<password>password|generation|passphrase|iteration)s?\b"
)
_LEAST = (
    r"at least|at a minimum|at minimum|minimum of|minimum length of|meets? or exceeds?|meeting or exceeding"
    r"|no less than|not less than|no fewer than|no shorter than|not shorter than|more than|longer than|older than"
    r"|over|exceeding|exceeds?|greater than|in excess of|beyond"
)
_MOST = (
    r"at most|no more than|not more than|no longer than|no later than|not exceeding|no older than|within|maximum of"
    r"|up to|less than|fewer than|shorter than|every|inside|under"
)
_FIGURE = re.compile(
    rf"(?P<before>(?:\b(?:{_LEAST}|{_MOST}|once|each|per|once every|of|the|last|previous|after|for)\s+)*)"
    rf"\b(?P<number>{_NUMBER})(?![a-z0-9.])[ -]?(?:{_UNIT})?"
    r"(?P<after>(?:\s+(?:or (?:more|longer|older|greater|less|fewer|sooner|shorter|above)|old|at the latest|at most))*)"
)
_ONE = re.compile(
    r"(?P<before>(?:\b(?:at least|at most|at a minimum|no less than|not less than|once|more than)\s+)*)"
    r"\b(?:(?:every|each|per|once an?|in an?|within an?|every single) (?P<unit>day|week|month|quarter|year|hour)"
    rf"|(?P<word>{'|'.join(sorted(_SPANS, key=len, reverse=True))}))\b(?: at the latest| or sooner| or less)?"
)


class Figure(msgspec.Struct, frozen=True):
    """One figure of a question."""

    value: float
    unit: Literal["day", "character", "password", ""]
    bound: Bound
    text: str
    """As it stood there."""


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the checks of a topic show where they pass: a value no larger (`most`) or no smaller (`least`)."""

    unit: Literal["day", "character", "password"]
    most: int | None = None
    least: int | None = None

    def same(self, figure: Figure) -> bool:
        """Whether a question's figure is the one that is shown."""
        return figure.value == (self.least if self.most is None else self.most)

    def shows(self, figure: Figure) -> bool:
        """Whether what is shown is as much as the question asks, or more."""
        if self.most is not None:
            return figure.value >= self.most
        return self.least is not None and figure.value <= self.least

    def speaks_of(self, figure: Figure, absence: bool) -> bool:
        """Whether the question's figure is one of that kind at all.

        `absence`: the question is of what should not be there (`keys older than 90 days`), whose bound is the other way
        round.
        """
        if figure.unit != self.unit and not (figure.unit == "" and self.unit != "day"):
            return False
        if self.most is not None:
            return figure.bound != "least" or absence
        return figure.bound not in ("every", "most") or absence


def taken(text: str) -> tuple[str, tuple[Figure, ...]]:
    """A text in lower case without its figures, and these."""
    found: list[Figure] = []

    def number(match: re.Match[str]) -> str:
        word = match["number"]
        unit = next((name for name in ("day", "character", "password") if match[name]), "")
        if not unit and not word.isdigit():
            return match[0]  # `one of them`
        value = float(_NUMBERS.get(word) or word)
        if unit == "day":
            value = 365 if (value, match["day"]) == (12, "month") else value * _DAYS[match["day"]]
        found.append(Figure(value, unit, _bound(match["before"], match["after"]), " ".join(match[0].split())))  # type: ignore[arg-type]
        kept = (match["character"], match["password"], _turning(match["before"], match["after"]))
        return f" {' '.join(word for word in kept if word)} "

    def span(match: re.Match[str]) -> str:
        value = _DAYS[match["unit"]] if match["unit"] else _SPANS[match["word"]]
        found.append(Figure(value, "day", "every", " ".join(match[0].split())))
        return " "

    text = _FIGURE.sub(number, text)
    return _ONE.sub(span, text), tuple(found)


def _turning(before: str, after: str) -> str:
    """The word of it that says which way round a question asks, or what it is about."""
    most = re.search(r"\b(?:no|not) (?:more|greater) than\b|\bat most\b|\bup to\b", before)
    if re.search(r"\bno older\b", before) or (most and re.search(r"\bold\b", after)):
        return "age"
    around = f"{re.sub(r'(?:no|not) (?:less|fewer|shorter)', '', before)} {after}"
    found = re.search(r"previous|older|shorter|fewer|less|old\b", around)
    return found[0] if found and not re.search(r"or (?:less|fewer|shorter)", after) else ""


def _bound(before: str, after: str) -> Bound:
    if re.search(r"\bevery\b|\beach\b|\bper\b", before):
        return "every"
    if re.search(r"\b(?:no|not) (?:less|fewer|shorter) than\b", before):
        return "least"
    if re.search(rf"\b(?:{_MOST})\b", before) or re.search(r"less|fewer|sooner|shorter|most|latest", after):
        return "most"
    if re.search(rf"\b(?:{_LEAST})\b", before) or re.search(r"more|longer|older|greater|above", after):
        return "least"
    return ""
