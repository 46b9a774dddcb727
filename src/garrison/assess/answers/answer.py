"""An answer, with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from garrison.assess.answers.asked import Asked, asked
from garrison.assess.answers.figures import Figure
from garrison.assess.answers.topics import Topic, find
from garrison.assess.answers.turned import Way, asks_of_the_bad, way
from garrison.assess.answers.words import has, listed, single
from garrison.responsibility.results import FRESH, CheckResult


class Verdict(StrEnum):
    """How an answer begins."""

    YES = "Yes"
    PARTLY = "Partly"
    NO = "No"
    FACTS = "Evidence shows"
    """What is known, of a question that asks for more, or the other way round."""
    UNKNOWN = "Not answerable from evidence"


class Citation(msgspec.Struct, frozen=True):
    """One piece of evidence."""

    evidence: str
    """Beginning of its hash; "" where there is none."""
    check: str
    text: str


class Answer(msgspec.Struct, frozen=True):
    """What is said to a question."""

    verdict: Verdict
    text: str
    citations: tuple[Citation, ...] = ()
    topic: str = ""


def answer(question: str, results: Mapping[str, CheckResult], now: float | None = None) -> Answer:
    """Answer from the last results of checks, by their ids.

    `now` (seconds since 1970) says how old they are: what is older than `FRESH` is told as the facts of its day, and is
    no yes. Without it, age is not judged.
    """
    ask = asked(question)
    topic = find(ask.words)
    if topic is None:
        return Answer(Verdict.UNKNOWN, f"{Verdict.UNKNOWN}: no check of accounts looks at this.")
    said = [results[id] for id in topic.checks if id in results and results[id].status != "NOT_RUN"]
    if not said:
        return Answer(Verdict.UNKNOWN, f"{Verdict.UNKNOWN}: its checks have not been run.", topic=topic.id)
    unread = [one for one in said if one.status == "NOT_AVAILABLE"]
    known = [one for one in said if one.status in ("PASS", "FAIL", "EXCEPTED")]
    citations = tuple(Citation(one.evidence, one.check, _fact(one)) for one in (*known, *unread))
    if unread or not known:
        why = "what it takes could not be read" if unread else "there is nothing in the account it could be about"
        return Answer(Verdict.UNKNOWN, f"{Verdict.UNKNOWN}: {why}.", citations, topic.id)
    facts = "; ".join(one.text for one in citations)
    oldest = min(one.when for one in known)
    if now is not None and now - oldest > FRESH:
        day = datetime.fromtimestamp(oldest, UTC).strftime("%Y-%m-%d")
        return Answer(Verdict.FACTS, f"{Verdict.FACTS}, as of {day}: {facts}.", citations, topic.id)
    beyond = _beyond(topic, ask)
    if beyond or len(known) < len([id for id in topic.checks if id in results]):
        more = f" The evidence does not speak of: {', '.join(beyond)}." if beyond else ""
        return Answer(Verdict.FACTS, f"{Verdict.FACTS}: {facts}.{more}", citations, topic.id)
    verdict = _verdict(topic, ask, known)
    return Answer(verdict, f"{verdict}: {facts}.", citations, topic.id)


def _verdict(topic: Topic, ask: Asked, known: list[CheckResult]) -> Verdict:
    """Of a question that is about nothing else than the topic."""
    passed = all(one.status == "PASS" for one in known)
    failed = all(one.status == "FAIL" for one in known)
    if ask.open:
        return Verdict.FACTS
    turned = way(topic, ask)
    if turned is Way.OPPOSITE:
        return Verdict.NO if passed and not ask.figures else Verdict.FACTS
    if turned is Way.UNSURE:
        return Verdict.FACTS
    shown = topic.figure
    if ask.figures and shown is not None and not all(shown.same(one) for one in ask.figures):
        enough = all(shown.shows(one) for one in ask.figures)
        stricter = not any(shown.shows(one) for one in ask.figures)
        if passed and enough:
            return Verdict.YES
        return Verdict.NO if failed and stricter else Verdict.FACTS
    if passed:
        return Verdict.YES
    return Verdict.NO if failed else Verdict.PARTLY


def _fact(one: CheckResult) -> str:
    title = one.title or one.check
    if one.status == "PASS":
        return f"{title}: so it is ({one.subjects} looked at)"
    if one.status == "EXCEPTED":
        return f"{title}: not so for {max(1, one.fails)}, for which somebody answers until a date"
    if one.status == "NOT_AVAILABLE":
        return f"{title}: could not be read"
    return f"{title}: not so for {max(1, one.fails)} of {max(one.subjects, one.fails, 1)} looked at"


def _beyond(topic: Topic, ask: Asked) -> list[str]:
    """What may ask for more than the topic's checks look at."""
    found = [one.text for one in ask.figures if topic.figure is None or not _of_its_kind(topic, ask, one)]
    undone = single("averting") | single("negation") if topic.absence or asks_of_the_bad(topic, ask.words) else set()
    known = (topic.vocabulary | single("plain") | undone) - topic.more
    found += [spoken for word, spoken in ask.judged.items() if word not in known and (len(word) > 1 or word.isdigit())]
    found += [" ".join(term) for term in listed("together") if has(ask.words, term)]
    found += [f"all {word}" for word in ask.everything if word not in topic.everything]
    if ask.whole and not topic.whole:
        found.append("every account")
    return list(dict.fromkeys(found))


def _of_its_kind(topic: Topic, ask: Asked, figure: Figure) -> bool:
    return topic.figure is not None and topic.figure.speaks_of(
        figure, topic.absence or asks_of_the_bad(topic, ask.words)
    )
