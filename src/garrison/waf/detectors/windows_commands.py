"""Commands of the Windows shells in a value: cmd.exe (`find_cmd`) and PowerShell (`find_powershell`)."""

from __future__ import annotations

import re

from garrison.waf.detectors.command_names import WINDOWS, WINDOWS_WORDS, chunks
from garrison.waf.rule_group import Detector, Span

LIMIT = 8192

_COMMAND = re.compile(
    rb"(?i)(\A|[;|&\n\r`(]|\$\()([\s@(]{0,8}+(?:(?:cmd|cmd\.exe|%comspec%)\s*/[a-z]\s*|start\s|call\s)*)((?:[a-z]:)?(?:[\\/]?[\w.%$ -]{1,32}[\\/]){0,8})([a-z][\w.-]{1,30})"
)
_ARGUMENT = re.compile(
    rb"(?i)\s*(?:/[a-z?]\b|/[a-z]:|/\w{1,12}\b|-{1,2}[a-z]\w*\b|[a-z]:\\|\\\\|%\w+%|\s(?:user|localgroup|share|view|start|stop|group|accounts|use|use|session)\b|\s+\S+\.(?:exe|bat|cmd|txt|ini|ps1|vbs|dll|hta)\b|[<>|]|\s+\d{1,3}(?:\.\d{1,3}){3}|\s+\*|\s+https?://|\.\.?\\)"
)
_END = re.compile(rb"\s*(?:\Z|[|&<>)])")
_PARTED = re.compile(rb"(?<=\w)[\^\"]+(?=\w)|\^(?=\w)")

_ALWAYS = re.compile(
    rb"""(?isx)
      \b cmd (?:\.exe)? \s* /[ckrq]\b | (?:system32|syswow64|winnt|windows)[\\/]+ (?:\w+[\\/]+)* (?:cmd|powershell|calc|notepad|whoami|ping|net1?|certutil|rundll32|regsvr32|mshta|wscript|cscript)\b
    | %(?:comspec|systemroot|windir|programfiles|appdata|userprofile|systemdrive|temp|tmp|computername|username|userdomain|path|pathext|os|processor_\w+|homedrive|public|allusersprofile)(?::[~\w][^%]{0,20})?%
    | \b for \s+ (?:/[dlfr]\b.{0,80}? \s+)? %{1,2}[^\s()]{1,2} \s+ in \s* \( .{0,120}? \) \s* do \b | \b for \s+ /[dlfr] \s .{0,60}? %
    | \b if \s+ (?:/i\s+)? (?:not\s+)? (?: exist \s+ \S{1,80} \s+ [(@\w] | defined \s+ \w+ \s+ [(@\w] | errorlevel \s+ \d | cmdextversion \s+ \d | (?:"[^"]{0,40}"|[\w%~\\/.+-]{1,40}|"?%\S{1,20}) \s* (?: == | \s(?:equ|neq|lss|leq|gtr|geq)\s ) \s* (?:"[^"]{0,40}"|\S{1,40}) \s+ [(@\w])
    | \b set \s+ /[ap]\b | (?:\A|[;|&\n(]|/c) \s* net1? (?:\.exe)? \s+ (?:user|localgroup|share|view|use|group|accounts|start|stop|session)\b (?:\s+[/\w*\\]|\Z|\s*[&|])
    | \b reg \s+ (?:add|query|delete|save|export|import|load) \s+ ["']?(?:hk|\\\\) | \b sc \s+ (?:query|create|config|start|stop|delete)\b\s+\w | \b wmic \s+ \w | \b tasklist \b \s*(?:/|\Z|[&|]) | \b ping \s+ (?:-n\b|/n\b)
    | \b certutil (?:\.exe)? \s+ [-/]\w | \b bitsadmin \b \s* / | \b regsvr32 \b \s* / | \b rundll32 \b \s* \S | \b mshta \b \s+ (?:http|vbscript|javascript|\S+\.hta) | \b(?:cscript|wscript) \b \s+ (?://|\S+\.(?:vbs|js|wsf))
    | \b dir \s+ (?:[a-z]:\\?|/[a-z]\b|\\) | \b type \s+ (?:[a-z]:[\\/]|%|\S+\.(?:ini|txt|log|config|xml)\b \s*(?:\Z|[&|])) | \b (?:copy|del|erase|rd|rmdir|move) \s+ (?:/[a-z]\b|[a-z]:\\) | \b xp_cmdshell\b
    | \b (?:systeminfo|whoami) \s+ /\w | \bipconfig \s+ /\w | \bschtasks \s+ / | \bserver\.(?:scripttimeout|createobject|mappath|urlencode)\b | \bon\s+error\s+resume\s+next\b | \bcreateobject\s*\( | \bresponse\.(?:write|end|redirect|binarywrite)\s*[("] | \bwscript\.(?:shell|network|echo)\b | \bshell\.application\b | \bvssadmin \s+ \w+ \s+ shadows | \bwevtutil \s+ \w
    """
)

_VERBS = (
    rb"(?:add|clear|close|compress|connect|convert(?:from|to)?|copy|debug|disable|disconnect|dismount|enable|enter|exit|expand|export|find|foreach|format|get|"
    rb"grant|group|import|initialize|install|invoke|join|limit|lock|measure|merge|mount|move|new|out|pop|protect|publish|push|read|receive|register|remove|"
    rb"rename|repair|reset|resolve|restart|restore|resume|revoke|save|search|select|send|set|show|sort|split|start|stop|submit|suspend|tee|test|trace|"
    rb"unblock|unlock|unprotect|unregister|update|use|wait|watch|where|write)"
)
_NOUNS = (
    rb"(?:acl|alias|appxpackage|asjob|authenticodesignature|bitstransfer|childitem|ciminstance|command|computer\w*|content|counter|credential|csv|culture|custom\w*|date|"
    rb"debug|error|event\w*|executionpolicy|expression|file|filehash|formatdata|gridview|guid|help|history|host|hotfix|html|item\w*|job|json|language|list|localgroup\w*|localuser|location|log|"
    rb"member|memberdefinition|message|methodinvocation|mppreference|modul\w*|netadapter\w*|netfirewall\w*|netip\w*|nettcp\w*|null|object|output|package\w*|path|pfxcertificate|printer|process|progress|psdrive|psbreakpoint|psprovider|"
    rb"psscriptroot|pssession\w*|pssnapin|random|restmethod|scheduled\w*|screen|securestring|selfsignedcert\w*|service|sleep|smb\w*|string|table|tracesource|transaction|type\w*|uiculture|unique|uptime|variable|verbose|verb|vpn\w*|warning|"
    rb"webrequest|webserviceproxy|wide|windowsfeature|winevent|winuserlanguagelist|wmi\w*|wsman\w*|xml|zip|archive|aduser|adcomputer|adgroup\w*|netconnectionprofile|mimikatz|shellcode|dnsname|connection|clipboard)"
)
_POWERSHELL = re.compile(
    rb"(?isx) \b (?:powershell|pwsh)(?:\.exe)? \b [\s\"']+ (?:[-/]\w+|\{|&|\w+-\w+|iex|\() | (?:\A|[\s;|&({'\"`=]) " + _VERBS + rb"-" + _NOUNS + rb"\b"
    rb""" | (?:\A|[\s;|&({]) (?:iex|iwr|irm) \s* [(\s&$'"] | \bnew-object \b | \bdownload(?:string|file|data)\s*\( | \bnet\.webclient\b | \[(?:system\.)? (?:reflection\.assembly|convert|text\.encoding|io\.\w+|net\.\w+|environment|diagnostics\.process|runtime\.\w+|scriptblock|activator|appdomain|math|char|array|void|ref)\]::
    | \s -(?:enc|encodedcommand|ec|e) \s+ [a-z0-9+/=]{16,} | -(?:nop|noprofile|noni|noninteractive|nologo)\b .{0,60} -(?:w|windowstyle|c|command|ep|exec\w*|enc|f)\b | -exec(?:utionpolicy)? \s+ (?:bypass|unrestricted|remotesigned)
    | \$(?:env:|psversiontable|executioncontext|pshome|profile\b|\w+\.invoke) | \| \s* (?:%|\?|iex|sls|ft|fl|gm|select|foreach|where|measure) \s* [{\w'"] .{0,40}[}$_]
    """
)  # fmt: skip


def find_cmd(data: bytes) -> Span | None:
    """A command for cmd.exe in a value."""
    data = data[:LIMIT]
    if (found := _ALWAYS.search(data)) is not None:
        return Span(found.start(), found.end())
    value = data
    if b"^" in data or b'"' in data:
        value = _PARTED.sub(b"", data)
        if value != data and (found := _ALWAYS.search(value)) is not None:
            return Span(0, len(data), (found[0],))
    for found in _COMMAND.finditer(value):
        if _command(value, found):
            return Span(0, len(data), (found[0],))
    return None


def _command(value: bytes, found: re.Match[bytes]) -> bool:
    separator, _, path, name = found.groups()
    name = name.lower()
    known = name in WINDOWS or name.removesuffix(b".exe") in WINDOWS
    if not known and name not in WINDOWS_WORDS:
        return False
    argument = _ARGUMENT.match(value, found.end())
    if (path and not path.strip().endswith((b"\\", b"/"))) or (path and b" " in path):
        return False
    if not separator or separator == b"(":
        return known and argument is not None
    if known and separator in (b"|", b"&"):
        return True
    if known:
        return argument is not None or _END.match(value, found.end()) is not None
    return (argument is not None and separator != b";") or (
        separator in (b"|", b"&")
        and name in (b"dir", b"ver", b"hostname", b"cls")
        and _END.match(value, found.end()) is not None
    )


def find_powershell(data: bytes) -> Span | None:
    """A command for PowerShell in a value."""
    data = data[:LIMIT]
    found = _POWERSHELL.search(data)
    if found is None and b"`" in data:
        found = _POWERSHELL.search(data.replace(b"`", b""))
    return None if found is None else Span(found.start(), found.end())


_ENVIRONMENT = "comspec|systemroot|windir|programfiles|appdata|userprofile|systemdrive|temp|tmp|computername|username|userdomain|path|pathext|os|processor_|homedrive|public|allusersprofile"

CMD_PATTERNS = (
    *(
        rf"(?i)(?:^|[;|&\n\r`(])[\s@(\"]*(?:[\w.:%$ \\/-]*[\\/])?(?:{names})(?:\.exe|\.com)?(?:[^\w]|$)"
        for names in chunks(WINDOWS)
    ),
    rf"(?i)[|&\n\r(][\s@(\"]*(?:[\w.:%$\\/-]*[\\/])?(?:{chunks(WINDOWS_WORDS, 200)[0]})(?:[^\w]|$)",
    r"(?:^|[;|&\n\r`(])\s*[\w\\.:%]*\w[\^\"]+\w",
    rf"(?i)\b(?:cmd|%comspec%)(?:\.exe)?\s*/[a-z]|system32|syswow64|%(?:{_ENVIRONMENT})\w*[%:]",
    r"(?i)\bfor\s+(?:/|%)|\bif\s+(?:/i|not\s|exist\s|defined\s|errorlevel\s|\"|%|\w+\s*==|\S+\s+(?:equ|neq|lss|leq|gtr|geq)\s|cmdext)|==\s*\S+\s+[(@\w]",
    r"(?i)\b(?:set\s+/[ap]|net1?\s+(?:user|localgroup|share|view|use|group|accounts|start|stop|session)|reg\s+(?:add|query|delete|save|export|import|load)|sc\s+(?:query|create|config|start|stop|delete)|wmic\s|tasklist|ping\s+[-/]n|dir\s+[a-z/\\]|type\s+\S|(?:copy|del|erase|rd|rmdir|move)\s+(?:/[a-z]\b|[a-z]:))",
    r"(?i)\b(?:certutil|bitsadmin|regsvr32|rundll32|mshta|cscript|wscript|systeminfo|whoami|ipconfig|schtasks|vssadmin|wevtutil|xp_cmdshell|server\.(?:script|create|map|url)|on\s+error\s+resume|createobject|response\.(?:write|end|redirect|binary)|shell\.application)",
)

POWERSHELL_PATTERNS = (
    r"(?i)\b(?:powershell|pwsh)(?:\.exe)?['\"\s]",
    rf"(?i)\b{_VERBS.decode()}`?-`?{_NOUNS.decode()}",
    r"(?i)\w`-|-`\w|\w`\w+-\w",
    r"(?i)(?:^|[\s;|&({])(?:iex|iwr|irm)[\s(&$'\"]|download(?:string|file|data)\s*\(|net\.webclient|new-object",
    r"(?i)\[[\w.]+\]\s*::",
    r"(?i)\s-(?:enc|encodedcommand|ec|e)\s+[a-z0-9+/=]{16}|\s-(?:nop|noprofile|exec|executionpolicy|noni)",
    r"(?i)\$(?:env:|psversiontable|executioncontext|pshome|profile\b|\w+\.invoke)|\|\s*(?:%|\?|iex|sls|ft|fl|gm|select|foreach|where|measure)\s*[{\w'\"]",
)

CMD = Detector(name="windows-commands", find=find_cmd, patterns=CMD_PATTERNS)
POWERSHELL = Detector(name="powershell-commands", find=find_powershell, patterns=POWERSHELL_PATTERNS)
