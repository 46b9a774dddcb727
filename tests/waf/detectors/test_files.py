"""Paths, files, streams and addresses an application should not be sent to."""

from __future__ import annotations

import pytest

from garrison.waf.detectors import extensions, local_files, metadata, paths, remote_files, traversal, user_agents
from garrison.waf.rule_group import Detector
from tests.waf.detectors.seen import lines, sees

FOUND: list[tuple[Detector, list[str]]] = [
    (
        traversal.DETECTOR,
        lines(
            r"""
            ../../x
            ..\..\x
            %2e%2e%2f%2e%2e%2fx
            ..%252f..%252fx
            ..%c0%af..%c0%afx
            ....//....//x
            ..;/..;/x
            ..%5c..%5cx
            /../etc/hosts
            c:\windows\win.ini
            \\10.0.0.1\c$\x
            php://filter/convert.base64-encode/resource=x
            file:///etc/hosts
            phar://x.jpg
            gopher://127.0.0.1:6379/_
            <!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/hosts">]>
            WEB-INF/web.xml
            """
        ),
    ),
    (
        local_files.DETECTOR,
        lines(
            """
            /etc/shadow
            /proc/self/environ
            /var/log/auth.log
            /root/.ssh/id_rsa
            /home/bob/.bash_history
            /usr/local/apache2/conf/httpd.conf
            """
        ),
    ),
    (
        remote_files.DETECTOR,
        lines(
            r"""
            http://203.0.113.9/x
            https://0x7f000001/
            http://2130706433/
            http://[::1]/x
            http://e.example/x.txt?
            //e.example/%2f..
            /\e.example
            https://good.example@e.example/
            http:e.example
            """
        ),
    ),
    (
        metadata.DETECTOR,
        lines(
            """
            http://169.254.169.254/latest/meta-data/
            http://0xa9fea9fe/
            http://2852039166/
            http://[::ffff:a9fe:a9fe]/
            http://metadata.google.internal/computeMetadata/v1/
            http://169.254.170.2/v2/credentials/x
            """
        ),
    ),
    (
        extensions.DETECTOR,
        lines("/a/app.log\n/x/settings.ini\n/db.sql\n/backup.tar.bak\n/.env\n/.git/config\n/index.php~\n"),
    ),
    (
        paths.EXPLOITABLE,
        lines(
            """
            /WEB-INF/web.xml
            /.aws/credentials
            /vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php
            /server-status
            /cgi-bin/.%2e/bin/sh
            /actuator/heapdump
            """
        ),
    ),
    (paths.ADMINISTRATION, lines("/phpmyadmin/\n/manager/html\n/wp-admin/\n/admin/\n/solr/admin\n")),
    (paths.WORDPRESS_PATHS, lines("/xmlrpc.php\n/blog/wp-config.php.bak\n/wp-content/uploads/2026/01/x.php\n")),
    (paths.WORDPRESS_COMMANDS, lines("do-reset-wordpress=true\naction=revslider_show_image&img=x\n")),
    (
        user_agents.DETECTOR,
        lines("sqlmap/1.8\nMozilla/5.00 (Nikto/2.5)\nMozilla/5.0 zgrab/0.x\nWPScan v3.8 (https://wpscan.example)\n"),
    ),
]

LEFT_ALONE: list[tuple[Detector, list[str]]] = [
    (
        traversal.DETECTOR,
        lines(
            """
            ../ is the relative path
            and so on...
            https://example.com/a/b.html?x=1
            1.2.3...4
            see ../README.md
            C: is a drive, D: too
            data:image/png;base64,iVBOR
            """
        ),
    ),
    (local_files.DETECTOR, lines("/home\n/users/etc\nhttps://example.com/var/x\n/opt-out\nwww/logs of wood\n")),
    (
        remote_files.DETECTOR,
        lines("https://www.example.com/a?b=c\nhttp://example.com/\n10.0.0.1\n/a/b/c\nurl=https://example.com/x\n"),
    ),
    (metadata.DETECTOR, lines("169.254.0.1\nlatest metadata of the file\n")),
    (extensions.DETECTOR, lines("/assets/app.min.js\n/catalog\n/login\n/a.b/c\n/logs\n")),
    (paths.EXPLOITABLE, lines("/actuator/health\n/environment\n/gitlab\n/web-info\n/config\n")),
    (paths.ADMINISTRATION, lines("/administration-of-estates\n/badminton\n/manager\n")),
    (paths.WORDPRESS_PATHS, lines("/wp-content/uploads/a.png\n/xmlrpc\n")),
    (
        user_agents.DETECTOR,
        lines("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36\ncurl/8.5.0\n"),
    ),
]


@pytest.mark.parametrize(("detector", "value"), [(d, v) for d, values in FOUND for v in values])
def test_they_are_found(detector: Detector, value: str) -> None:
    assert sees(value, detector)


@pytest.mark.parametrize(("detector", "value"), [(d, v) for d, values in LEFT_ALONE for v in values])
def test_near_misses_are_left_alone(detector: Detector, value: str) -> None:
    assert not sees(value, detector)
