"""SQL injection by family, and the prose, names and code that look a little like it."""

from __future__ import annotations

import pytest

from garrison.waf.detectors import query_languages, sqli
from garrison.waf.detectors.sql_lexer import lex
from tests.waf.detectors.seen import lines, sees

GRAMMAR = lines(
    r"""
    7' or '3'='3
    7' oR 3=3 -- x
    7") or ("q"="q
    7) and (4=4
    7 and 2>1
    7' and substr(version(),1,1)='8
    7'/**/or/**/'x'/**/like/**/'x
    7' || '1'='1
    7%27%20or%20true%23
    x' and email is not null --
    7 union select 1,2,user()
    7' union all select null,null,table_name from information_schema.tables#
    7'/*!50000union*//*!50000select*/1,2
    -7) uNiOn (select 9)-- -
    7;drop table invoices
    7'; delete from invoices where id=1 --
    7; exec xp_cmdshell 'dir'
    7');declare @x varchar(9);set @x=0x41;exec(@x)--
    7'; waitfor delay '0:0:9'--
    7 and sleep(9)
    7' and (select 1 from (select(sleep(9)))a)-- -
    7-benchmark(9999999,sha1(7))
    7'||(select pg_sleep(9))||'
    7 and extractvalue(1,concat(0x7e,(select user())))
    7' and 1=utl_inaddr.get_host_address('x')--
    7 order by 12-- -
    7' order by 3#
    7' group by a,b having 1=1--
    7' procedure analyse()#
    ) like (
    7' into outfile '/tmp/x
    (select case when (1=1) then 1 else 0 end)
    7' in boolean mode) union select 1#
    admin'-- -
    admin'#
    ') or not exists (select 1)--
    select * from invoices where id = 7
    select password, salt from accounts;
    insert into invoices (id) values (7)
    7' and json_extract('{"a":1}','$.a')=1 and 'x'='x
    """
)

FRAGMENTS = lines(
    r"""
    substring(
    md5(7)

    7.e.tables
    '+'
    @@version
    secret::text
    OR '{"a":1}'::jsonb <@ '{}'
    -2147483648
    create function sleep(int) returns int as 'x'
    copy t from program 'id'
    """
)

INNOCENT = lines(
    """
    O'Neill & Sons
    it's 6 o'clock; let's begin
    rock 'n' roll
    the boys' and the girls' school
    size 4 or 5
    union of concerned readers selects a new chair
    select your seat and order by phone
    drop table cloth
    update where you left off
    group by colour having fun
    exec board
    where to go -- a guide
    price < 30 && stars > 3
    a=b or c=d; why?
    $20 (or less)
    5'10" or taller
    2 or 3 more, and 1 less (if any)
    4 or 5 in 10 cats
    "quoted" - or not
    C++ or C#
    if (x == 'a' || y == 'b') { go(); }
    SUM(B1:B9)
    =IF(A1>5,"yes","no")
    {"a": 1, "b": ["or", null]}
    sleep (9 hours) and exercise
    f(a, b) and g(c)
    U.S. v. Doe, 2 F.3d 45 (2d Cir. 1998)
    2026-01-02 and 2026-03-04
    100% or more
    1) bread 2) milk and 3) eggs
    arn:aws:iam::123456789012:user/Bob
    please delete from my basket; thanks
    l'eau d'Issey et l'orange
    """
)


@pytest.mark.parametrize("value", GRAMMAR)
def test_a_value_that_changes_the_statement_is_an_injection(value: str) -> None:
    assert sees(value, sqli.DETECTOR_LOW)


@pytest.mark.parametrize("value", FRAGMENTS)
def test_fragments_are_for_the_extended_patterns(value: str) -> None:
    assert not sees(value, sqli.DETECTOR_LOW)
    assert sees(value, sqli.EXTENDED)
    assert sees(value, sqli.DETECTOR_HIGH)


@pytest.mark.parametrize("value", INNOCENT)
def test_prose_names_and_code_are_left_alone(value: str) -> None:
    assert not sees(value, sqli.DETECTOR_HIGH, query_languages.DETECTOR)


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("around", ["{}", "x{}", "x%{}"])
def test_an_injection_is_read_behind_either_quote(quote: str, around: str) -> None:
    assert sees(around.format(f"{quote} or {quote}a{quote}={quote}a"), sqli.DETECTOR_LOW)


def test_high_finds_all_that_low_finds() -> None:
    for value in GRAMMAR:
        if sqli.find(value.encode(), "LOW") is not None:
            assert sqli.find(value.encode(), "HIGH") is not None


def test_the_match_shows_the_tokens_of_the_injection() -> None:
    found = sqli.find(b"7' or '3'='3", "LOW")
    assert found is not None
    assert found.data[:3] == (b"'", b"or", b"'3'")


def test_tokens_have_one_letter_each() -> None:
    assert lex(b"7 or 1=1 -- x").kinds == "nLncnC"
    assert lex(b"union/**/all select a.b, sleep(1) from `t`").kinds == "UASi,d(n)Fi"
    assert lex(b"80s 0x1F 1e5 'it''s' @v").kinds == "innsv"


QUERIES = lines(
    r"""
    {"name": {"$gt": ""}}
    [$ne]
    $where
    ', $or: [ {}, { 'a':'a
    ' || this.password == 'x
    *)(uid=*))(|(uid=*
    admin)(&(objectClass=*
    (&(cn=x)(!(userPassword=y)))
    ' or count(//user)=1 or '
    x']|//user/password/text()|a['
    """
)


@pytest.mark.parametrize("value", QUERIES)
def test_other_query_languages_are_injected_too(value: str) -> None:
    assert sees(value, query_languages.DETECTOR, sqli.DETECTOR_HIGH)
