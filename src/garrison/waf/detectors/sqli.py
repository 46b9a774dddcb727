"""SQL injection: a value that, put where a number or a string was meant, would change the statement around it.

LOW asks for the grammar of an injection (`sql_grammar`). HIGH, and the managed group's extended patterns, also take
fragments, names of catalogue tables and functions standing alone, and the operators of document databases
(`query_languages` has those of other languages). Text with SQL words in it is left alone: see `sql_grammar` for how.
"""

from __future__ import annotations

import re

from garrison.waf.detectors.sql_grammar import AFTER_NUMBER, AFTER_QUOTE, ALONE, ANYWHERE, LOOSE
from garrison.waf.detectors.sql_lexer import Tokens, lex
from garrison.waf.rule_group import Detector, Span

_COMMENT_TAIL = re.compile(rb"--[\s\w+*/.-]{0,12}\Z|(?:--|#|/\*)\s*(?:[)\"';%&]|-\s|/|\Z)")
"""What may follow a comment mark for it to be one: next to nothing. `kids' -- and others` is a dash."""

_PUNCTUATION = re.compile(rb"[^\w\s]|\d")

_STATEMENT_WORDS = re.compile(rb"(?i)select|having|limit|waitfor|exec|shutdown|union")


def find(data: bytes, sensitivity: str = "LOW") -> Span | None:
    """A SQL injection in a value, with its first tokens as what matched. `sensitivity` is LOW or HIGH."""
    return _injection(data) or (find_extended(data) if sensitivity == "HIGH" else None)


def find_extended(data: bytes) -> Span | None:
    """What the extended patterns add to LOW."""
    if (found := _NAMES.search(data)) is not None:
        return Span(found.start(), found.end())
    tokens = lex(data)
    if (shape := LOOSE.search(tokens.kinds)) is not None:
        return _span(data, tokens, shape)
    for quote in b"'\"`":
        at = data.find(quote)
        if at >= 0:
            after = lex(data, at + 1)
            tokens = Tokens("q" + after.kinds, [at, *after.starts], [at + 1, *after.ends])
            if (shape := LOOSE.search(tokens.kinds)) is not None:
                return _span(data, tokens, shape)
    return None


def _injection(data: bytes) -> Span | None:
    if _PUNCTUATION.search(data) is None and _STATEMENT_WORDS.search(data) is None:
        return None
    tokens = lex(data)
    kinds = tokens.kinds
    shape = ANYWHERE.search(kinds) or AFTER_NUMBER.search(kinds) or ALONE.search(kinds)
    if shape is not None:
        return _span(data, tokens, shape)
    for quote in b"'\"`":
        at = data.find(quote)
        if at < 0:
            continue
        after = lex(data, at + 1)
        tokens = Tokens("q" + after.kinds, [at, *after.starts], [at + 1, *after.ends])
        shape = AFTER_QUOTE.match(tokens.kinds) or ANYWHERE.search(tokens.kinds)
        if shape is not None:
            return _span(data, tokens, shape)
        if (ended := _ENDED.match(tokens.kinds)) is not None:
            rest = data[tokens.starts[ended.end() - 1] :]
            if _COMMENT_TAIL.match(rest):
                return _span(data, tokens, ended)
    return None


_ENDED = re.compile(r"q[);]*C")


def _span(data: bytes, tokens: Tokens, shape: re.Match[str]) -> Span:
    first, last = shape.start(), min(max(shape.end() - 1, shape.start()), len(tokens.starts) - 1)
    shown = tuple(data[tokens.starts[n] : tokens.ends[n]] for n in range(first, min(last + 1, first + 5)))
    return Span(tokens.starts[first], tokens.ends[last], shown)


_NAMES = re.compile(
    rb"""(?ix)
      \b(?:information_schema|pg_catalog|pg_shadow|pg_user|sysobjects|syscolumns|sysusers|sysdatabases|sys\.(?:databases|tables|objects|columns|schemas|user\$)
        |sqlite_(?:master|schema|temp_master)|msysaccessobjects|msysaces|msysqueries|mysql\.(?:user|db|innodb_table_stats)|master\.\.?sys\w+|rdb\$\w+
        |all_(?:tables|tab_columns|users|objects)|user_(?:tables|tab_columns)|dba_(?:users|tables)|v\$(?:version|session|database)|sysibm\.|syscat\.|performance_schema)
    | @@(?:version|datadir|hostname|basedir|servername|global|language|version_compile_os|innodb\w*|tmpdir|secure_file_priv)\b
    | ^ \s* select \s+ [\w,.\s]{1,80} \s from \s+ \w*[_.]\w+ \s* \Z
    | (?-i:^\s*SELECT\s+[\w,.*\s]{1,80}\sFROM\s+\w+\s*\Z)
    | \A\s*-?(?:2147483648|4294967296|2147483647|4294967295|0000023450|0{5,}12345|1e309|2\.2\.?\d*85072007e-308|-0000023456|9223372036854775808|18446744073709551616)\s*\Z
    | /\*!\d{0,6} | \A[\w.@-]{1,40}['"`]\s*;+\s*\Z | \b(?:northwind|tempdb|master)\.\.\w | \b(?:mysql|pg|sys)\.(?:db|user|host|func)\b | \bmatch\s*\([\w,`\s]{1,60}\)\s*against\s*\( | \bmerge\s.{1,40}\busing\s*\( | \bexecute\s+immediate\b | \balter\s+\w+\s.{0,60}\bcharacter\s+set\b
    | \d\.e[(.]? (?:[(.,]|\w+[.(])
    | ^ \W* \w+ \s* :: \s* (?:int|integer|text|varchar|json|jsonb|numeric|bytea|regclass|boolean|date|xml|oid) \b
    | ^ \W* (?:coalesce|current_user|session_user|system_user|user|database|version|extractvalue|benchmark|sleep|substring|substr|substring_index|rand|trim|ltrim|rtrim|encode|decode|md5|sha1?
        |ascii|hex|unhex|char|chr|concat|concat_ws|group_concat|mid|ord|lower|upper|length|ifnull|nullif|convert|cast|count|bin|floor|load_file|schema|unix_timestamp|uuid|pg_sleep|randomblob|if) [\s=\\]* \( (?: \s* \Z | \s*\d+\s*[=<>,] | [\s\d'",%]* \)? \s* \Z )
    | (?:union|intersect|except) [\s+/*!\d()]* (?:all|distinct)? [\s+/*!\d(]* select [\s+/*!(]* (?:\Z|[\d'"@*(-])
    | ' [\s+]* (?:union|having|group[\s+]+by|order[\s+]+by|procedure[\s+]+analyse|rlike|regexp) \b
    | \b select \b .{1,80}? \b from \b .{1,60}? \b (?:where|having|group \s+ by|limit|order \s+ by) \b .{0,40}? [=<>(]
    | \b having \b \s+ (?: count|sum|max|min|avg ) \s* \(
    | \b (?:and|or|where) \s+ (?:ascii|substr|substring|length|mid|char|ord|hex|count|user|version|database) \( .{0,80}? [=<>]
    | \b in \s+ boolean \s+ mode \)
    | \b into \s+ (?:out|dump)file \b
    | \b waitfor \s+ (?:delay|time) \s* ['"\\%]
    | \b procedure \s+ analyse \s* \(
    | \b create \s+ (?:or \s+ replace \s+)? (?:function|trigger|procedure|user|login) \s+ \w+ .{0,60}? (?: \( | identified | as | for )
    | \b (?:exec|execute) \s+ (?:master|xp_|sp_|immediate) | \b xp_\w+ \b | \b sp_(?:password|executesql|oacreate|makewebtask|configure|addextendedproc|addlogin) \b
    | \b copy \s .{1,60} \b (?:from|to) \s+ program \b
    """
)

_QUOTE_WORDS = r"(?i)['\"`)\x5d%][\s()*/!+\x2d]{0,12}(?:or|and|xor|not|like|rlike|regexp|in|is|between|union|having|order|group|where|limit|procedure|into|select|as)\b"

PATTERNS = (
    _QUOTE_WORDS,
    r"(?i)['\"`][\s)]*(?:--|#|/\*|;|\|\||&&|[-+*/^%&|=<>!,~])",
    r"(?i)['\"`]\s*\)[\s)]*[;,(#-]",
    r"(?i)\b(?:union|select|intersect|except|minus)\b",
    r"(?i)\b(?:or|and|xor|where|having|when|div|not)\b[\s(+!~\x2d/*]*(?:\d|['\"@(]|null|true|false|exists|select|case)",
    r"(?i)\b(?:or|and|xor|where|having|when)\b\s*\(?\w+\s*(?:[=<>!(]|like|in\b|is\b|between)",
    r"(?i)(?:^|[\d)])\s*(?:or|and|xor|\|\||&&|order\s+by|group\s+by|having|where|limit|procedure|in\s+boolean|as|like|in)[\s(]",
    r"(?i);\s*\)?\s*(?:/\*.*\*/)?\s*(?:insert|update|delete|drop|create|alter|truncate|exec|execute|declare|set|begin|shutdown|waitfor|call|merge|replace|load|copy|if|while|grant|kill|backup|handler|print|use|show|pragma|attach)\b",
    r"(?i)^\s*\(?\s*(?:insert|update|delete|drop|create|alter|truncate|exec|execute|declare|waitfor|grant|load|backup)\b",
    r"(?i)\b(?:sleep|benchmark|pg_sleep|extractvalue|updatexml|load_file|xmltype|openrowset|opendatasource|openquery|sys_eval|sys_exec|lo_import|lo_export|lo_get|dblink|randomblob|load_extension|make_set|elt|generate_series|group_concat|name_const)\b.*\(",
    r"(?i)\b(?:gtid_subset|st_latfromgeohash|geometrycollection|multipoint|multi?polygon|linestring|get_lock|sqlite_version|regexp_substring|concat_ws|json_extract|json_depth|json_keys|suser_name|serverproperty|find_in_set|is_srvrolemember|system_user|session_user|iif)\b.*\(",
    r"(?i)\b(?:xp|sp|dbms|utl|pg|lo|sys|fn|ctxsys)[_.]\w",
    r"(?i)\b(?:into\s+(?:out|dump)file|case\b.*\bwhen|waitfor\s+(?:delay|time)|procedure\s+analyse|copy\s.+program)\b",
    r"(?i)/\*!\d{0,6}\s*\w",
)

EXTENDED_PATTERNS = (
    r"(?i)\b(?:information_schema|pg_catalog|pg_shadow|pg_user|sysobjects|syscolumns|sysusers|sysdatabases|sqlite_(?:master|schema|temp_master)|msysa\w+|msysqueries|mysql\.|performance_schema|sysibm\.|syscat\.)",
    r"(?i)(?:\bsys\.|rdb\$|\ball_tab|\ball_(?:users|objects)|\buser_tab|\bdba_|\bv\$)\w",
    r"(?i)@@\w",
    r"\d\.e[(.]",
    r"^\s*-?(?:\d{9,20}|1e309|2\.2.{1,30})\s*$",
    r"/\*!|^[\w.@-]{1,40}['\"`]\s*;",
    r"(?i)\b(?:northwind|tempdb|master)\.\.|\bagainst\s*\(|\bmerge\s|\bexecute\s+immediate|\bcharacter\s+set\b",
    r"(?i)^\W*\w+\s*::\s*[a-z]",
    r"(?i)^\W*\w+[\s=\\]*\([\s\d'\",%=<>]{0,40}\)?\s*$",
    r"(?i)^[\W\d]*\w{2,24}\(",
    r"(?i)^[)\s]*(?:like|in|is|and|or|not|between)\b",
    r"^['\"][-+*&^|/\s]{1,4}['\"]$",
    r"(?i)^[\s)]*(?:select|from|union|or|and)\b",
    r"(?i)\(\s*select\b",
    r"(?i)\b(?:union|having|intersect|except|boolean\s+mode|outfile|dumpfile|waitfor|analyse)\b",
    r"(?i)\b(?:select\b.+\bfrom|create\s.*(?:function|trigger|procedure|user|login))\b",
    r"(?i)\b(?:and|or|where)\s+(?:ascii|substr|substring|length|mid|char|ord|hex|count|user|version|database)\(",
    r"(?i)\b(?:exec|execute)\s+(?:master|xp_|sp_|immediate)|\b(?:xp|sp)_\w",
    r"(?i)\bcopy\s.{1,60}program\b",
    r"(?i)'[\s+]*(?:union|having|group|order|procedure|rlike|regexp)\b",
)

DETECTOR_LOW = Detector(name="sql-injection", find=_injection, patterns=PATTERNS, condition_type="SQL_INJECTION")
EXTENDED = Detector(
    name="sql-injection-extended", find=find_extended, patterns=EXTENDED_PATTERNS, condition_type="SQL_INJECTION"
)


def _high(data: bytes) -> Span | None:
    return find(data, "HIGH")


DETECTOR_HIGH = Detector(
    name="sql-injection-high",
    find=_high,
    patterns=PATTERNS + EXTENDED_PATTERNS,
    condition_type="SQL_INJECTION",
)
