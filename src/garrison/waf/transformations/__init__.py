"""Text transformations: one file each, registered by the name rules have for them.

They take and give bytes, never fail, and take time linear in their input. Where AWS documents only a name, or leaves a
corner open, the function of the same name in ModSecurity is followed; the file says so.
"""

from __future__ import annotations

from collections.abc import Callable

from garrison.waf.transformations import (
    base64_decode,
    base64_decode_ext,
    cmd_line,
    cmd_line_unix,
    cmd_line_win,
    compress_white_space,
    css_decode,
    escape_seq_decode,
    hex_decode,
    html_entity_decode,
    js_decode,
    js_decode_ext,
    lowercase,
    md5,
    none,
    normalize_path,
    normalize_path_win,
    remove_comments_char,
    remove_nulls,
    remove_whitespace,
    replace_comments,
    replace_nulls,
    sha256,
    sql_hex_decode,
    trim,
    trim_left,
    trim_right,
    uppercase,
    url_decode,
    url_decode_uni,
    utf8_to_unicode,
)

Transform = Callable[[bytes], bytes]

TRANSFORMATIONS: dict[str, Transform] = {
    module.NAME: module.transform
    for module in (
        base64_decode,
        base64_decode_ext,
        cmd_line,
        cmd_line_unix,
        cmd_line_win,
        compress_white_space,
        css_decode,
        escape_seq_decode,
        hex_decode,
        html_entity_decode,
        js_decode,
        js_decode_ext,
        lowercase,
        md5,
        none,
        normalize_path,
        normalize_path_win,
        remove_comments_char,
        remove_nulls,
        remove_whitespace,
        replace_comments,
        replace_nulls,
        sha256,
        sql_hex_decode,
        trim,
        trim_left,
        trim_right,
        uppercase,
        url_decode,
        url_decode_uni,
        utf8_to_unicode,
    )
}
"""By the API's names."""
