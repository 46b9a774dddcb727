"""What an injection looks like, as regular expressions over the token classes of `sql_lexer`.

A value is read as it would stand in a statement: as it is, where a number was expected, and after its first quote of
either kind, where a string was; that quote is `q`. Prose is told from SQL by what cannot stand side by side: two bare
identifiers in a row (`ii`) end every expression here, and a comparison counts only between literals, or right behind
the quote or number that the application put in itself.
"""

from __future__ import annotations

import re

_LITERAL = r"[nsv]"
_CALL = r"[fdg]\("
_PREFIX = r"[N(o]*"
_TERM = rf"(?:{_LITERAL}|{_CALL}|i)"

_SELECTED = rf"A*{_PREFIX}(?:{_LITERAL}|{_CALL}|X|\(?S|[TkjO]|v|i(?:[,F);CMpoWUce]|k[^i]|$)|o[F,)]|o?$)"
"""What follows SELECT, up to where no sentence would go on."""

_FROM = r"F(?:i(?:$|[;CWOML,UH)])|ik?i?(?:$|[;CWOML,UH)])|\(|g\(|s)"

_STATEMENT = "|".join(
    (
        rf"S{_SELECTED}",
        r"aI?[ig]k?[(SGa]",
        r"aIg",
        r"bi+Gic",
        r"rF?i(?:$|[;CW])",
        r"tk?j(?:Qe?|Q?N?e)?[ig](?:$|[;C(,kcI])",
        r"t[aj]?i?j?i[;C]",
        r"x(?:[vsJd(]|g|i[sv;C])",
        r"Jv?s?",
        r"d\(",
        r"V[vi](?:[vigk]|$)",
        r"Gvc",
        r"B(?:d|J|i?i;|s)",
        r"w(?:k|i)[sn]",
        r"R(?:$|[;C]|k)",
        r"Q\(*[nsvSfdN(]",
        r"P\w{1,6}(?:k|j)",
        r"Tik?[si](?:[sIF]|$)|TId?i|T[si]?[sF;C]|Tj?iFi?s",
    )
)

ANYWHERE = re.compile(
    "|".join(
        (
            # UNION [ALL] SELECT with something that can be selected
            rf"U[A(]*S{_SELECTED}",
            # OR 1=1, AND 'a' LIKE 'a', WHERE 1=1, HAVING 1=1, WHEN 1=1: literals compared behind a keyword
            rf"[LWHY]{_PREFIX}[nsv](?:o[nsv])*\)*[co]*c{_PREFIX}(?:[nsv]|{_CALL}|S)",
            rf"[LWHY]{_PREFIX}[nsv]\)*N?e(?:\(+(?:[nsvSfd]|$)|N?n(?:$|[)CL;])|[ns]L[ns])",
            # AND (SELECT ..., AND EXISTS (SELECT ...
            rf"[LWHcpoeN,Y]\(*N?e?\(+S{_SELECTED}",
            # a subquery on its own
            rf"\(SA?{_PREFIX}(?:[nsv](?:[),pocFWML]|$)|[fd]\(|X|o[F,)]|i(?:,[isnv])*{_FROM}|i,[nsvfd])",
            # the functions that time, fail, read and call out, where an expression may stand
            rf"(?:^|[LcpoeNSWHYZFqaGkQx=,;(]|n\)*){_PREFIX}d\((?!n?ii?\)|ii)",
            # CASE WHEN (1=1) THEN
            r"X\(*(?:[nsv]\)*)?Y\(*(?:[nsv]\)*c|[fdg]\(|\(S|i\)*c[ns])",
            # a second statement
            rf";\)*(?:{_STATEMENT})",
            r"IDs|DsF?",
            r"S[^;]{0,80}F[^;]{0,80}ID",
        )
    )
)

AFTER_QUOTE = re.compile(
    "|".join(
        (
            # ' OR 1, ' AND x=1, ' OR NOT (, ' || (SELECT
            rf"q\)*L{_PREFIX}(?:[nsv](?:$|[)CcoepLMOH;])|i\)*[ce]{_PREFIX}(?:[nsv]|{_CALL}|i?(?:$|[C;)]))|{_CALL}|\(|X|S|e\(|n?$)",
            rf"q\)*L{_PREFIX}(?:i[;C]|i\)*N?e(?:N?n|\())",
            rf"q\)*[po]+{_PREFIX}(?:S|X|[fd]\(|v)",
            r"q\)*pg\(",
            rf"q\)*p+{_PREFIX}(?:[ns](?:$|[)CcLMp])|i?$|i[cp])",
            rf"q\)*[co]*c{_PREFIX}(?:[nsv]|{_CALL})",
            r"q\)*N?e\(+(?:[nsvSfd]|$)",
            r"q\)*e(?:ki?)?k\)*(?:[LUC]|$)",  # IN BOOLEAN MODE)
            rf"q\)*W{_PREFIX}[nsvifdg(]",
            rf"q\)*H{_PREFIX}[nifdg]",
            r"q\)*O(?:n|[ifdgX(][^;]{0,12}[,CHM(]|\()",
            r"q\)*M(?:n|[fd]|k)",
            r"q\)*[A(]*U[A(]*(?:S|$)",
            rf"q\)*;*\)*(?:{_STATEMENT})",
            r"q\)*;k[is]*;?C",
            r"q\)*[,](?:[nsv][,)C]|[fd]\(|\(S)",
            r"q\)*kk?\(?(?:[fdn]|g\()|q\)*kk\(",  # ' PROCEDURE ANALYSE(
            r"q\)*kiW",  # ') AS abcd WHERE
            r"q\)+,?\(?[nsv]\)*[,C]",
        )
    )
)

AFTER_NUMBER = re.compile(
    "|".join(
        (
            rf"^o*[nv]?\)*[Lp]{_PREFIX}(?:[nsv]\)*[co]*c|i\)*c{_PREFIX}[ns](?:$|[)CL;])|[fd]\(|\(S|X|e\(S)",
            rf"^o*[nv]\)*[LWcop]+{_PREFIX}(?:[fd]\(|\(S|XY)",
            r"^o*[nv]\)*O(?:n(?:,n)*(?:$|[C;)])|[fd]\(|\(S)",
            r"^o*i?\)*O(?:n(?:,n)*[C;]|d\()",
            rf"^o*[nvi]?\)+(?:[LN]\(*[nsvfdS(]\)*[coe]|L\(+|W|U|On|Hn|N?[ce]\(|c{_PREFIX}[ns]|kiW)",
            r"^o*[nv]\)*(?:kiW|Hn|H[fd]\(|Mn,n|MkkJ?|kk\(|kk?d|e(?:ki?)?k\))",
            rf"^o*[nv]\)*W{_PREFIX}(?:[nsv]\)*c|[fd]\(|ic)",
            rf"^o*[nv]\)*;\)*(?:{_STATEMENT})",
            r"^o*[nv]\)*,\(*(?:\(S|d\(|f\(.*\)C)",
            r"^o*nU[A(]*S",
        )
    )
)

ALONE = re.compile(
    "|".join(
        (
            rf"^\(*SA?{_PREFIX}(?:o|(?:[nvs]|{_CALL}[^;F]{{0,60}}?\)|i(?=[,po(c]))(?:[,poc](?:[nvsioX]|{_CALL}[^;F]{{0,60}}?\)))*)(?:k?i)?\)*{_FROM}",
            r"^\(*SA?(?:v|[fd]\([^i]|n(?:$|[C;,])|X\(*Y)",
            r"^\(*SA?i(?:,i)*FiWi?[ce]",
            r"^\(*SA?i(?:,i)*Fi[;C]",
            r"^aIi(?:\(|k\(|S)",
            r"^aIg\([^;]{1,40}\)k\(",
            r"^biG(?:ic|i?$)[nsif(]",
            r"^rFi(?:W[ifn]|;|C)",
            r"^tk?jQ?N?e?i(?:;|C)",
            r"^t[aj]g?\(.{0,20}\)?k?i?c",
            r"^x(?:J|i?d)",
            r"^V[v]",
            r"^w(?:k|i)s",
            r"^P\w{1,6}jk",
            r"^TD?i[sk]",
            r"^J[si]",
        )
    )
)

LOOSE = re.compile(
    "|".join(
        (
            r"^q[)]*[op]+s?$",  # '-'
            r"^[nv]?\)*L?\(*f\($",  # substring(
            r"^\(*f\([^zi]{0,40}\)*$",  # md5(4), database()
            r"^f\([nsv]c",
            r"^[)]*[ce]\(",  # ) like (
            r"^\)+[LNce]",
            r"^L[N(]*[sv][)]*[oczk(vi]",  # OR '{"b": 2}' <@
            r"^L[N(]*[fdg]\([^i]{0,40}\)[)]*[coz]",
            r"^(?:q|[nv])\)*S$|US$",
            r"^F[is]?i[.z]*$",
            r"^S.{1,60}(?:O.{1,20}H|H)f\(",
            r"^\(+f\(.{0,6}\(S",
            r"^[^;]{0,6}\(S[Xfdgnsv(]",
        )
    )
)
"""Fragments: what scanners send to see whether a name or a bracket reaches the database."""
