"""Command lines as a shell reads them, without its expansions; `$'...'` is what browsers quote with when they copy."""

from __future__ import annotations

import re

from garrison.waf.trial.case import NotUnderstood

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|(.))", re.DOTALL)
_SINGLE = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def commands(text: str) -> list[tuple[int, list[str], str]]:
    """(line, words, comment before it) of each command. Comments are lines that start with `#`."""
    found: list[tuple[int, list[str], str]] = []
    comment = ""
    at, line = 0, 1
    while at < len(text):
        if text[at] in " \t\r":
            at += 1
        elif text[at] == "\n":
            at, line = at + 1, line + 1
        elif text[at] == "#":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            comment = text[at + 1 : end].strip()
            at = end
        else:
            words, end = _words(text, at, line)
            if words:
                found.append((line, words, comment))
            comment = ""
            line += text.count("\n", at, end)
            at = end
    return found


def _words(text: str, at: int, line: int) -> tuple[list[str], int]:
    """The words of one command from `at`, and where it ends: at a newline or a semicolon outside of quotes."""
    words: list[str] = []
    word: str | None = None
    while at < len(text):
        c = text[at]
        if c in "\n;":
            at += c == ";"
            break
        if c in " \t\r":
            if word is not None:
                words.append(word)
                word = None
            at += 1
            continue
        piece, at = _piece(text, at, line)
        if piece is not None:
            word = (word or "") + piece
    if word is not None:
        words.append(word)
    return words, at


def _piece(text: str, at: int, line: int) -> tuple[str | None, int]:
    """A piece of a word; None for a line that goes on."""
    c = text[at]
    if c == "\\":
        following = text[at + 1 : at + 2]
        if following == "\r" and text[at + 2 : at + 3] == "\n":
            return None, at + 3
        return (None, at + 2) if following == "\n" else (following, at + 2)
    if c == "'":
        end = _end(text, "'", at + 1, line)
        return text[at + 1 : end], end + 1
    if text.startswith("$'", at):
        found = re.compile(r"(?:[^'\\]|\\.)*'", re.DOTALL).match(text, at + 2)
        if found is None:
            raise NotUnderstood(f"line {line}: a quote is not closed.")
        return _ESCAPE.sub(_character, found[0][:-1]), found.end()
    if c == '"':
        found = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL).match(text, at + 1)
        if found is None:
            raise NotUnderstood(f"line {line}: a quote is not closed.")
        return re.sub(r'\\([$`"\\]|\n)', lambda m: "" if m[1] == "\n" else m[1], found[0][:-1]), found.end()
    return c, at + 1


def _end(text: str, quote: str, at: int, line: int) -> int:
    end = text.find(quote, at)
    if end < 0:
        raise NotUnderstood(f"line {line}: a quote is not closed.")
    return end


def _character(found: re.Match[str]) -> str:
    byte, short, long, octal, single = found.groups()
    if byte or octal:
        # A byte, not a character: bytes 128-255 survive as surrogates until the text becomes bytes again.
        number = int(byte, 16) if byte else int(octal, 8) & 0xFF
        return bytes((number,)).decode("utf-8", "surrogateescape")
    if short or long:
        point = int(short or long, 16)
        return chr(point) if point < 0x110000 else "\ufffd"
    return _SINGLE.get(single, single if single in "\\'\"?" else "\\" + single)
