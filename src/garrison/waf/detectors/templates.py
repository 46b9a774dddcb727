"""Template injection: an expression that a template engine, or a framework's expression language, would evaluate.

A bare name in braces - `{{ name }}`, `${price}` - is how people write about templates, and is left alone; arithmetic,
calls, attribute walks and statements are not.
"""

from __future__ import annotations

import re

from garrison.waf.rule_group import Detector, Span

_BRACES = re.compile(
    rb"""(?isx)
      (?: \{\{ | \{\% -?| \$\{ | \#\{ | \*\{ | @\{ | @\( | \[\[\s*\$?\{ | <%=? | \{\{= | \$\(\( | \{= | ~\{ | \$\{\{ | \#\{\{ ) \s* (?:
        [\s'"(\[-]* \d+ \s* ['"]? \s* [-*+/%|] \s* [\s'"(]* \d+
      | [^{}<>]{0,120}? (?: \( [^{}]{0,120} \) | __\w+__ | \b(?:constructor|prototype|classloader|getclass|popen|subprocess|mro|subclasses|globals|builtins|lipsum|cycler|joiner|namespace|config\.|settings\.|request\.|request\[|self\.|_self|app\.request|dump|debug|exec|eval|system|passthru|import|include|require|process\.|global\.|attr\b|\.class\b|forname|runtime|range\.|loop\.|handler\.settings|url_for|get_flashed_messages|\#this|\#context|\#root|session\b|application\b|param\.|secret\w*|input\(|\$smarty|smarty\.) | \|\s*(?:attr|join|map|filter|reduce|sort|e|safe|raw|format|slice|passthru|system|upper)\b | \.\. | '\s*\.\s*' | \['\w+'\] | '' )
      )
    | \{% -? \s* (?:set|if|for|import|include|extends|block|macro|from|debug|raw|with|load|filter|autoescape|csrf_token|ssi|php|do|call|print)\b
    | \{/?(?:php|literal|include|if|foreach|fetch|math|function|eval|system)\b [^{}]{0,80} (?:\}|=|\() | \{(?:system|exec|passthru|self|Smarty|\$smarty)[.:(] | \{\{ \s* (?:config|self|settings|request|this|dump|app|_context|_self|debug|lipsum|cycler|url_for) \s* [}|.(\[]
    | \#set \s* \( \s* \$ | \#(?:evaluate|parse|include|foreach|macro)\s*\( | \$\w+\.(?:inspect|getclass|class)\b | \$class\.inspect | <\#(?:assign|import|include|list|if|macro|global|local|setting)\b | \?new\( | \[\#(?:assign|list)\b | \$\{\w+\?(?:api|new|eval|interpret|lower_abc|upper_abc)\b | <@\w+ [^>]*/?> \s*(?:\$|<|\Z)
    | @\(?\d+ \s* [*+/-] \s* \d+ \)? | @\{ [^}]{0,80} [;(] | \$\{ (?:7\*7|\d+[*+]\d+) | \#\{ [^}]{0,60}(?:\`|%x|system|exec|io\.|file\.|\d\s*\*\s*\d) | <%= \s* \S | <%[^>]{0,60}(?:eval|execute|response|system|file\.|dir\.|\*) 
    | \[\[ \s* \$\{ | __\$\{ | th:(?:text|href|utext|fragment)\s*= | \bng-(?:init|app|click|bind\w*|focus|mouse\w+|csp|include|src|href|repeat)\b\s*= | \bv-(?:html|on|if|bind|show|for)\b[:=] | \bx-(?:data|html|init|on)\b[:=] | \$on\.constructor | \|\s*orderBy\s*:
    | =\s*(?:cmd|dde|msexcel|rundll32)\s*\| | \A[=+@-]\s*(?:cmd|hyperlink|importxml|importdata|importfeed|importhtml|importrange|image|webservice|dde)\s*[(|] | \A=\w+\([^)]{0,80}\)?!?
    """
)  # fmt: skip


def find(data: bytes) -> Span | None:
    """A template expression with something to evaluate, in a value."""
    found = _BRACES.search(data[:8192])
    return None if found is None else Span(found.start(), found.end())


PATTERNS = (
    r"\{\{|\{%|[$#*@~]\{|@\(|\[\[\s*\$|<%|\$\(\(|\{=",
    r"(?i)\{/?(?:php|literal|include|if|foreach|fetch|math|function|eval|system|exec|passthru|self|smarty|\$smarty)\b",
    r"(?i)#(?:set|evaluate|parse|include|foreach|macro)\s*\(|<[#@][a-z]|\?new\(|\[#(?:assign|list)|\$\w+\.(?:inspect|getclass|class)",
    r"@\d+\s*[*+/-]\s*\d",
    r"(?i)\bth:\w{2,10}\s*=|\bng-\w{2,12}\s*=|\bv-\w{2,6}[:=]|\bx-\w{2,6}[:=]|\|\s*orderBy\s*:",
    r"(?i)^[=+@-]\s*[a-z]{2,14}\s*[(|]|=\s*(?:cmd|dde|msexcel|rundll32)",
)

DETECTOR = Detector(name="template-injection", find=find, patterns=PATTERNS)
