"""Injection into queries that are not SQL: MongoDB and other document stores, LDAP filters, XPath."""

from __future__ import annotations

import re

from garrison.waf.rule_group import Detector, Span

_OPERATORS = (
    rb"(?:ne|eq|gte?|lte?|nin|in|regex|where|or|and|nor|not|exists|type|mod|all|elemmatch|size|text|expr|jsonschema|geowithin|geointersects|near|nearsphere|"
    rb"comment|slice|meta|lookup|function|accumulator|unionwith|graphlookup|match|project|group|set|unset|inc|push|pull|rename|func|out|merge)"
)

_QUERY = re.compile(
    rb"""(?isx)
      \[ \s* ["']? \$"""
    + _OPERATORS
    + rb""" ["']? \s* \] | ["'] \s* \$"""
    + _OPERATORS
    + rb""" \s* ["'] \s* :? | \A \s* \$(?:ne|gte?|lte?|nin|regex|where|or|and|nor|exists|elemmatch|func|expr|lookup|function) \s* (?:\Z|:)
    | [,{(] \s* \$(?:where|or|and|nor|ne|gte?|lte?|regex|nin|in|exists|not|expr|func|lookup) \s* ["']? \s* : | \|\| \s* (?:this\.|\d+\s*==\s*\d+|'\w{0,12}'\s*==+\s*') | \bthis \. \w+ \s* (?:[!=]=|\.match\(|\[) | \bdb \. \w+ \. (?:find|insert|drop|update|remove|aggregate|getcollection|mapreduce)\w* \s* \( | \bdb\.\w+\(\)
    | ['"] \s* (?:&&|\|\|) \s* (?:this\.|['"]\w{0,20}['"]\s*[!=]=\s*['"]) | ['"];? \s* return \s* (?:\(|true|\w+\s*==|['"]) | \$where\b | \bmapreduce\b\s*[:(] | ObjectId\( | , \s* \$or \s* : | \}\s*,\s*\{\s*\$ | '\s*\}\s*\)?\s*;\s* | \btrue\s*,\s*\$where
    | \)\( [|&!]? \(? \w* \s* [~<>]?= | \* \s* \) \s* \( | \( [|&!] \s* \( \s*!?\s*\(? [&|]?\(? [\w;.:-]{1,60} [~<>:]{0,2}= | [&|!] \( [\w.-]{1,40} [~<>]?= \S{0,60} \) | \) \s* \( \s* [|&!] | \*\)\) | \)\s*\(\s*\w+\s*=\s*\*? | (?:\A|[(\s]) \w{2,40} (?::\d+(?:\.\d+)+)? :=\s*\S | \(objectclass\s*= | \A[*()|&]{2,}\Z | \A\*\s*\)+ | \A\(?(?:cn|uid|sn|mail|ou|dc|objectclass|userpassword|homedirectory|samaccountname)\s*=\s*\*
    | (?:count|name|string-length|substring|position|last|text|node|local-name|namespace-uri|comment|processing-instruction) \s* \( \s* (?:/{1,2}|\.\.|\*|\)|child::|parent::|self::|\w+\[) [^)]{0,80} \)? .{0,40}? (?:[=<>\[\]]|\Z|\sor\s|\sand\s) (?:(?<=\S)) | (?:child|parent|ancestor|descendant|following|preceding|self|attribute)(?:-or-self|-sibling)? :: (?:node|text|\*|\w+) \s* [(\[/]? | \]\s*\|\s*/{1,2} | '\s*\]\s*(?:\||/) | /{1,2}(?:\*|user|node)\s*\[ | \bdoc\s*\( \s*(?:concat|['"])
    | \A(?://\*|@\*|\*\(\|\(\w+=\*\)\))\Z | \b__schema\b\s*\{ | \b__type\s*\( | IntrospectionQuery
    """
)


def find(data: bytes) -> Span | None:
    """Operators of a document database, a broken-out LDAP filter, or an XPath expression in a value."""
    found = _QUERY.search(data[:8192])
    return None if found is None else Span(found.start(), found.end())


PATTERNS = (
    r"(?i)\$(?:ne|eq|gte?|lte?|nin|in|regex|where|or|and|nor|not|exists|type|mod|all|elemmatch|expr|jsonschema|func|lookup|function|match)\b",
    r"(?i)\|\|\s*(?:this|\d|'|\w)|&&\s*(?:this|['\"\w])|\bthis\s*\.\w|\bdb\s*\.\w|\breturn\s*[(t'\"\w]|mapreduce|ObjectId\(|'\s*\}",
    r"\)\s*\(|\*\s*\)|\([|&!]|[&|!]\(|:=|(?i)objectclass|^\(?\w{2,16}\s*=\s*\*",
    r"^[*()|&]{2,}$|^//\*$|^@\*$",
    r"(?i)(?:child|parent|ancestor|descendant|following|preceding|self|attribute)[a-z-]*::|\]\s*\|\s*/|'\s*\]|/\*\s*\[|//user|//node",
    r"(?i)\b(?:count|name|string-length|substring|position|last|text|node|local-name|namespace-uri|comment|doc)\s*\(\s*(?:/|\.\.|\*|\)|child|parent|self|\w+\[|concat|['\"])",
    r"__schema|__type|IntrospectionQuery",
)

DETECTOR = Detector(name="query-injection", find=find, patterns=PATTERNS)
