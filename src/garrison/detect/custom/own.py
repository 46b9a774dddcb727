"""Custom detection rules of the operator's own: SQL over calls and requests, in files of a folder.

A file `NAME.sql` is the rule NAME. Comments at its head say what it finds, one `-- key: value` on each line:

    -- type: InitialAccess:WAF/ExploitPublicFacingApplication
    -- severity: 5
    -- title: {actor} tries to get past a web ACL
    -- description: Many requests of one client were blocked.
    SELECT arg_min(eventID, eventTime) AS eventID, clientIp AS actor, count(*) AS matches
    FROM web WHERE action = 'BLOCK'
    GROUP BY clientIp, time_bucket(INTERVAL 10 MINUTE, eventTime) HAVING count(*) >= 10

The result has `eventID`: an event that stands for what was found, the same one as long as it is the same occurrence.
It may have `actor` (one finding for each; else the principal or the client) and `matches` (how many events). Tables are
`cloudtrail` and `web`; they begin with a full hour, so that intervals that divide an hour are whole. AWS has no rules
of the customer's own: these are told of by the same operations, and run in the same sandbox.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path

from garrison.detect.custom.rules import LONGEST, CustomRule, rules

log = logging.getLogger("garrison.detect")

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{2,63}")
_TYPE = re.compile(r"[A-Z][A-Za-z]+:[A-Za-z0-9]+/[A-Za-z0-9.!]+")
_HEAD = re.compile(r"--\s*(\w+)\s*:\s*(.*\S)\s*")

_parsed: dict[Path, tuple[tuple[int, int], CustomRule | None]] = {}


class BadRule(ValueError):
    """A file that is no rule; the message says why."""


def own_rules(folder: Path | None) -> Mapping[str, CustomRule]:
    """The rules of a folder by their ids; a file that is none is told of once, and left out."""
    found: dict[str, CustomRule] = {}
    for path in sorted(folder.glob("*.sql")) if folder is not None else ():
        try:
            stat = path.stat()
            mark = (stat.st_mtime_ns, stat.st_size)
            if path not in _parsed or _parsed[path][0] != mark:
                _parsed[path] = (mark, None)
                _parsed[path] = (mark, read_rule(path.stem, path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as e:
            log.error("%s is no detection rule: %s", path, e)
        rule = _parsed.get(path, (None, None))[1]
        if rule is not None:
            found[rule.id] = rule
    return found


def read_rule(name: str, text: str) -> CustomRule:
    """One file. Raises `BadRule`."""
    if not _NAME.fullmatch(name) or name in rules():
        raise BadRule("its name has 3 to 64 of a-z, 0-9 and -, and is that of no other rule")
    said: dict[str, str] = {}
    lines = text.strip().splitlines()
    while lines and (found := _HEAD.fullmatch(lines[0].strip())):
        said[found[1].lower()] = found[2]
        lines.pop(0)
    type, expression = said.get("type", ""), "\n".join(lines).strip()
    if not _TYPE.fullmatch(type) or len(type) > 100:
        raise BadRule("its type is like Tactic:Service/Technique, of at most 100 characters")
    try:
        severity = float(said.get("severity", "5"))
    except ValueError:
        severity = 0.0
    if not 1 <= severity <= 10:
        raise BadRule("its severity is 1.0 to 10.0")
    if not 0 < len(expression) <= LONGEST:
        raise BadRule(f"its expression has 1 to {LONGEST} characters")
    title = said.get("title", f"{{actor}} did what the rule {name} looks for")
    return CustomRule(name, name, type, severity, expression, said.get("description", title), title)
