"""SQL as a sequence of one-letter token classes, over all dialects at once and over broken fragments of it.

    lex(b"or 1=1--")  ->  kinds "LncnC", starts [0, 3, 4, 5, 6], ...

The letters, so that `sql_grammar` can say what an injection looks like in regular expressions over them:

    n  number, NULL, TRUE, FALSE          s  string            v  @variable, :placeholder
    i  identifier                         f  function of SQL, before its `(`
    d  function or procedure that times, fails on purpose, reads files or calls out, before its `(`
    J  procedure of that kind without `(`
    g  other name directly before `(`     ( ) , ;              themselves
    c  comparison: = <> < LIKE REGEXP ...   e  IN, BETWEEN, IS, EXISTS, ANY   o  other operator
    p  || (or, or concatenation)          L  AND, OR, XOR, &&  N  NOT, !
    U  UNION, INTERSECT, EXCEPT, MINUS    A  ALL, DISTINCT, DISTINCTROW, TOP
    S  SELECT   F  FROM   W  WHERE   H  HAVING   O  ORDER BY, GROUP BY   M  LIMIT, OFFSET, FETCH   I  INTO
    X  CASE     Y  WHEN   Z  THEN, ELSE, END                   D  OUTFILE, DUMPFILE
    heads of other statements:  a  INSERT, REPLACE, MERGE   b  UPDATE   r  DELETE   t  DROP, CREATE, ALTER, TRUNCATE, ...
    x  EXEC, EXECUTE, CALL   V  DECLARE   G  SET   B  BEGIN   w  WAITFOR   R  SHUTDOWN   Q  IF, WHILE   P  GRANT, REVOKE
    T  LOAD, COPY, BACKUP, HANDLER, PRAGMA, ...
    k  other keyword                      j  kind of object: TABLE, DATABASE, ...
    C  comment to the end                 q  quote that ends the string the value was put in
    z  anything else
"""

from __future__ import annotations

import re
from typing import NamedTuple

LIMIT = 8192
"""Bytes of a value that are read."""

TOKENS = 1500


class Tokens(NamedTuple):
    """What `lex` made of a value: three sequences of equal length."""

    kinds: str
    starts: list[int]
    ends: list[int]


_TOKEN = re.compile(
    rb"""
      (?P<space>    [\s\x00\xa0]+ | /\*!\d{0,6} | \*/ | /\*(?:(?!\*/).)*\*/ )
    | (?P<comment>  --(?!\d) | \# | /\* )
    | (?P<string>   [nNbBxXeE]? '(?:[^'\\]|\\.|'')*(?:'|\Z) | "(?:[^"\\]|\\.|"")*(?:"|\Z) | \$\$(?:(?!\$\$).)*(?:\$\$|\Z) )
    | (?P<number>   0[xX][0-9a-fA-F]+ | 0[bB][01]+ | (?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)? | \\N )
    | (?P<variable> @@?[\w$.]* | :[A-Za-z]\w* )
    | (?P<quoted>   `[^`]*(?:`|\Z) | \[[\w .$]{1,64}\](?:\.\[?[\w$]+\]?)* )
    | (?P<name>     [A-Za-z_\x80-\xff][\w$\x80-\xff]*(?:\.+[A-Za-z_`\[*][\w$\x80-\xff]*[`\]]?)* )
    | (?P<compare>  <=>|<>|!=|<=|>=|==|<|>|= )
    | (?P<pipes>    \|\| )
    | (?P<logic>    && )
    | (?P<operator> :: | := | [-+*/%^&|~] )
    | (?P<not>      ! )
    | (?P<punct>    [(),;] )
    | (?P<other>    . )
    """,
    re.VERBOSE | re.DOTALL,
)  # (?!\*/). in a comment is linear: no way to match the same bytes twice

_KINDS = {
    "space": "", "comment": "C", "string": "s", "number": "n", "variable": "v", "quoted": "i", "compare": "c",
    "pipes": "p", "logic": "L", "operator": "o", "not": "N", "other": "z",
}  # fmt: skip


def _words(kind: str, words: str) -> dict[bytes, str]:
    return dict.fromkeys((word.encode() for word in words.split()), kind)


KEYWORDS: dict[bytes, str] = {
    **_words("L", "and or xor div"),
    **_words("N", "not"),
    **_words("c", "like rlike regexp ilike glob sounds similar"),
    **_words("e", "in between is exists any some overlaps"),
    **_words("n", "null true false unknown"),
    **_words("U", "union intersect except minus"),
    **_words("A", "all distinct distinctrow top unique"),
    **_words("S", "select"),
    **_words("F", "from"),
    **_words("W", "where"),
    **_words("H", "having"),
    **_words("M", "limit offset fetch"),
    **_words("I", "into"),
    **_words("X", "case"),
    **_words("Y", "when"),
    **_words("Z", "then else end"),
    **_words("D", "outfile dumpfile"),
    **_words("a", "insert replace merge"),
    **_words("b", "update"),
    **_words("r", "delete"),
    **_words("t", "drop create alter truncate rename"),
    **_words("x", "exec execute call"),
    **_words("V", "declare"),
    **_words("G", "set"),
    **_words("B", "begin"),
    **_words("w", "waitfor"),
    **_words("R", "shutdown"),
    **_words("Q", "if while"),
    **_words("P", "grant revoke"),
    **_words(
        "T",
        "load copy kill handler attach detach pragma vacuum backup restore bulk reconfigure raiserror",
    ),
    **_words(
        "k",
        "as on join inner outer left right cross natural using values default for to by asc with recursive "
        "lateral procedure analyse collate escape mode boolean delay language returns cascade constraint interval "
        "use do show desc describe explain print prepare deallocate commit rollback cast separator rownum over partition window apply pivot sysdate",
    ),
    **_words("j", "table tables database databases schema view index user role login function trigger sequence"),
}
"""Words by class; `ORDER BY` and `GROUP BY` are put together as they are read."""

DANGEROUS = frozenset(
    b"sleep benchmark pg_sleep pg_sleep_for pg_sleep_until extractvalue updatexml load_file xmltype dbms_pipe dbms_lock "
    b"utl_http utl_inaddr utl_file utl_smtp httpuritype dbms_ldap dbms_xmlgen dbms_xmlquery dbms_java dbms_scheduler "
    b"dbms_session dbms_export_extension dbms_assert dbms_utility ctxsys openrowset opendatasource openquery sys_eval "
    b"sys_exec lo_import lo_export lo_get lo_from_bytea lo_put pg_read_file pg_ls_dir pg_read_binary_file pg_stat_file "
    b"dblink dblink_connect query_to_xml database_to_xml table_to_xml schema_to_xml randomblob load_extension "
    b"fts3_tokenizer make_set elt generate_series group_concat name_const gtid_subset gtid_subtract st_latfromgeohash "
    b"geometrycollection multipoint polygon multipolygon linestring multilinestring fn_varbintohexstr fn_trace_gettable "
    b"fn_xe_file_target_read_file master_pos_wait get_lock is_free_lock sqlite_version pg_client_encoding has_dbaccess "
    b"regexp_substring concat_ws json_extract json_depth json_keys find_in_set suser_name suser_sname serverproperty "
    b"is_srvrolemember is_member sys_context system_user session_user current_setting iif char_to_rowid rawtohex "
    b"numtodsinterval xp_cmdshell inet6_aton to_xml xmlforest".split()
)
"""Functions with no business in what a person types: with an argument list they are evidence of their own."""

_PROCEDURE = re.compile(rb"(?i)(?:^|\.)(?:xp|sp|dbms|utl|sys|fn|pg|lo)_\w")

FUNCTIONS = frozenset(
    b"version database ascii unhex bin ord substr substring mid conv char chr nchar hex concat ifnull nvl db_name user_name "
    b"host_name col_name object_id object_name current_user string_agg array_to_string json_value row_count "
    b"abs acos adddate addtime aes_decrypt aes_encrypt asin atan avg bit_and bit_count bit_length bit_or bit_xor cast ceil "
    b"ceiling char_length character_length charindex coalesce coercibility collation compress convert convert_tz cos cot "
    b"count crc32 curdate current_date current_time current_timestamp current_schema curtime date date_add date_format "
    b"date_sub datediff day dayname dayofmonth dayofweek dayofyear decode degrees des_decrypt des_encrypt encode encrypt "
    b"exp export_set extract field floor format found_rows from_base64 from_days from_unixtime get_format greatest group_by "
    b"hour if iif inet_aton inet_ntoa insert instr interval isnull json_array json_object lag last_day last_insert_id "
    b"lcase lead least left len length ln local_time localtime localtimestamp locate log log10 log2 lower lpad ltrim "
    b"makedate maketime max md5 microsecond min minute mod month monthname newid now ntile nullif oct octet_length "
    b"old_password password patindex period_add period_diff pi pow power quarter quote radians rand raiserror "
    b"regexp_like regexp_replace repeat replace reverse right round row rpad rtrim schema second sec_to_time sha sha1 sha2 "
    b"sign sin soundex space sqrt std stddev stddev_pop stddev_samp strcmp strftime stuff subdate subtime sum sysdate tan "
    b"time time_format time_to_sec timediff timestamp to_base64 to_char to_date to_days to_number to_timestamp to_tsvector translate "
    b"trim truncate typeof ucase uncompress unicode unix_timestamp unlikely upper user utc_date utc_time "
    b"utc_timestamp uuid uuid_short values var_pop var_samp variance week weekday weekofyear xmlagg xmlelement year yearweek "
    b"zeroblob quote_literal chr_length bit_xor randn sqlite_compileoption_get total_changes changes char_to_hex".split()
)

_GLUED = re.compile(
    rb"(?i)(union|select|or|and|xor|order|group|having|where|from|limit|like|in|is|between|rlike|procedure)(?![A-Za-z0-9_])"
)
_WORD = re.compile(rb"[A-Za-z0-9_\x80-\xff]")
_BY = re.compile(rb"(?is)(?:[\s+\x00\xa0]|/\*(?:(?!\*/).)*\*/)+by\b")
_OPEN = re.compile(rb"(?s)(?:[\s\x00\xa0]|/\*(?:(?!\*/).)*\*/)*\(")


def lex(value: bytes, start: int = 0) -> Tokens:
    """The tokens of `value` from `start` on, the rest of a line comment dropped with its mark kept."""
    kinds: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    value = value[: start + LIMIT]
    position, size = start, len(value)
    match = _TOKEN.match
    while position < size:
        found = match(value, position)
        if found is None:  # pragma: no cover - the last alternative takes any byte
            break
        name, end = found.lastgroup or "other", found.end()
        if name == "name":
            kind, end = _name(value, position, end)
        elif name == "punct":
            kind = value[position : position + 1].decode()
        elif name == "number":
            kind = "n"
            if end < size and _WORD.match(value, end) and _GLUED.match(value, end) is None:
                # 80s, 3rd, 5e3fa: a word that begins with a digit
                while end < size and _WORD.match(value, end):
                    end += 1
                kind = "i"
        else:
            kind = _KINDS[name]
        if kind:
            kinds.append(kind)
            starts.append(position)
            ends.append(end)
            if kind == "C" or len(kinds) >= TOKENS:
                break
        position = end
    return Tokens("".join(kinds), starts, ends)


def _name(value: bytes, start: int, end: int) -> tuple[str, int]:
    """Class of the name at `start`, and where it ends with what belongs to it."""
    word = value[start:end].lower()
    tight = value[end : end + 1] == b"("
    if word in DANGEROUS or (b"_" in word and _PROCEDURE.search(word)):
        if tight or _OPEN.match(value, end):
            return "d", end
        return ("J" if _PROCEDURE.search(word) else "i"), end
    if tight and word in FUNCTIONS:
        return "f", end
    kind = KEYWORDS.get(word)
    if kind is not None:
        return kind, end
    if word in (b"order", b"group") and (by := _BY.match(value, end)):
        return "O", by.end()
    if b"." in word and (tight or _OPEN.match(value, end)):
        head, _, tail = word.rpartition(b".")
        if tail in DANGEROUS or head.rpartition(b".")[2] in DANGEROUS:
            return "d", end
    return ("g" if tight else "i"), end
