"""PHP: open tags, calls of functions that run, read or include, super-globals, serialized objects, stream wrappers."""

from __future__ import annotations

import re

from garrison.waf.rule_group import Detector, Span

_FUNCTIONS = (
    b"apache_\\w+|array_(?:filter|map|walk|reduce|diff_u\\w+|intersect_u\\w+|udiff\\w*|uintersect\\w*|walk_recursive)|assert|base64_decode|base_convert|bzdecompress|bzopen|call_user_(?:func|method)(?:_array)?|chgrp|chmod|chown|"
    b"chr|class_\\w+|convert_uu\\w+|copy|create_function|curl_\\w+|debug_backtrace|debug_zval_refcount|define|dir|disk_\\w+|dl|echo|error_log|error_reporting|escapeshell\\w+|eval|ereg\\w*|exec|exif_\\w+|extract|f(?:close|eof|flush|getc|getcsv|gets|getss|ile|lock|open|passthru|putcsv|puts|read|scanf|seek|stat|tell|truncate|write)|"
    b"file(?:_exists|_get_contents|_put_contents|atime|ctime|group|inode|mtime|owner|perms|size|type)?|filter_(?:var|input)\\w*|finfo_\\w+|fsockopen|ftp_\\w+|func_get_args?|func_num_args|function_exists|get_(?:cfg_var|class\\w*|current_user|defined_\\w+|included_files|loaded_extensions|meta_tags|object_vars|required_files|resource_type)|getc?wd|getenv|get(?:lastmod|my\\w+|opt|rusage)|glob|"
    b"gz(?:compress|decode|deflate|encode|file|getc|gets|inflate|open|passthru|read|uncompress|write)|header(?:_register_callback|s_sent)?|hex2bin|highlight_(?:file|string)|html_entity_decode|htmlspecialchars_decode|image(?:2wbmp|create\\w+|gd2?|jpeg|png|wbmp|xbm)|imap_\\w+|include|include_once|ini_(?:alter|get|get_all|restore|set)|is_(?:a|callable|dir|executable|file|link|numeric|readable|uploaded_file|writeable|writable)|"
    b"iterator_apply|lchgrp|lchown|leak|link(?:info)?|lstat|mail|mb_(?:decode|ereg\\w*|send_mail|parse_str)\\w*|md5_file|method_exists|mkdir|move_uploaded_file|mysqli?_\\w+|ob_(?:clean|end_\\w+|get_\\w+|start)|odbc_\\w+|oci_\\w+|opendir|openlog|pack|parse_(?:ini_file|ini_string|str)|passthru|pathinfo|pcntl_\\w+|pclose|"
    b"pfsockopen|pg_\\w+|php(?:_\\w+|credits|info|version)|popen|posix_\\w+|preg_(?:replace\\w*|match\\w*|filter|quote|split|grep)|print_r|printf|proc_\\w+|putenv|rawurldecode|readdir|read(?:_exif_data|gzfile|file|line\\w*|link)|realpath|register_\\w+_function|rename|require|require_once|restore_\\w+_handler|rmdir|scandir|session_\\w+|set_(?:error_handler|exception_handler|include_path|magic_quotes_runtime|time_limit)|"
    b"setcookie|setlocale|sha1_file|shell_exec|show_source|simplexml_load_\\w+|sleep|socket_\\w+|spl_autoload\\w*|sqlite_\\w+|str(?:_rev|_rot13|rev|tr|ipslashes|_replace|_split)|str_getcsv|stream_\\w+|substr_count|symlink|sys_get_temp_dir|syslog|system|tempnam|timezone_\\w+|tmpfile|touch|trigger_error|uasort|uksort|umask|uniqid|unlink|unpack|unserialize|urldecode|usleep|usort|utf8_(?:de|en)code|"
    b"var_(?:dump|export)|virtual|wordwrap|xml(?:rpc_\\w+|_parse\\w*|reader_open|_set_\\w+)|yaml_\\w+|zend_\\w+|zip_open|print|die|exit|isset|unset|list|sprintf|vprintf|serialize|join|implode|explode|compact|current|array|count|key|max|min|sort|time|date"
)

_CALL = re.compile(
    rb"(?<![\w.>-])([A-Za-z_]\w{1,39}+)(\s*(?:/\*[^*]{0,40}\*/|//[^\n]{0,40}\n|\#[^\n]{0,40}\n)?\s{0,20})\("
)
_IS_FUNCTION = re.compile(_FUNCTIONS, re.IGNORECASE).fullmatch

_WORDS = frozenset(
    b"assert chr copy define dir dl echo eval exec extract file glob header include link mail pack passthru popen print printf rename require "
    b"system sleep symlink touch virtual die exit isset unset list sprintf serialize join implode explode compact current array count key max min "
    b"sort time date fopen fread file_exists".split()
)
_COMMON = frozenset(
    b"printf sprintf vprintf file list join count key max min sort time date array print current copy link mail header dir touch define include require rename pack echo die exit sleep extract glob chr virtual leak compact require_once isset explode".split()
)
_SURE = re.compile(
    rb"""(?isx)
      <\?(?!xml\b) (?:php|=|\s+\S|hh|[a-z_$]+\s*[(;=\[]) | <script [^>]* language \s* = \s* ["']?php | \{/?php\} | \[/?php\] | <% \s* (?:eval|execute|response\.|request|=)
    | \$\{? _? (?:GET|POST|COOKIE|REQUEST|SERVER|FILES|ENV|SESSION)\b | \$\{?GLOBALS\b | \$HTTP_(?:RAW_POST|\w+_VARS) | \$php_(?:errormsg|self) | \b_(?:GET|POST|COOKIE|REQUEST|SERVER|FILES|ENV|SESSION)\s*\[ | \bHTTP_(?:COOKIE|ENV|GET|POST_FILES|POST|RAW_POST_DATA|REQUEST|SERVER)_VARS\b | \bargc\b.{0,4}\bargv\b
    | (?:^|[^\w]) (?:allow_url_(?:fopen|include)|auto_(?:append|prepend)_file|disable_(?:functions|classes)|open_basedir|safe_mode\w*|zend_extension\w*|extension_dir|opcache\.\w+|session\.(?:save_\w+|use_\w+|cookie_\w+|auto_start|gc_\w+|upload_progress\.\w+|serialize_handler|referer_check|trans_sid_\w+|sid_\w+|cache_\w+|lazy_write|entropy_\w+|hash_\w+|name)|suhosin\.\w+|xdebug\.\w+|display_errors|error_(?:append|prepend)_string|include_path|sendmail_path|user_ini\.\w+|magic_quotes_\w+|register_globals|enable_dl|browscap|assert\.(?:active|bail|callback|exception|quiet_eval|warning)|phar\.(?:readonly|require_hash|cache_list)|mysqli?\.\w+|date\.timezone|short_open_tag|cgi\.\w+|mail\.(?:add_x_header|log|force_extra_parameters|mixed_lf_and_crlf)|sys_temp_dir|upload_tmp_dir|highlight\.(?:comment|default|html|keyword|string)|curl\.cainfo|openssl\.ca\w+|unserialize_\w+|zlib\.\w+|soap\.wsdl_\w+|url_rewriter\.tags|variables_order|memory_limit|log_errors|error_log|default_(?:charset|mimetype|socket_timeout)|doc_root|docref_\w+|expose_php|file_uploads|hard_timeout|html_errors|implicit_flush|intl\.(?:default_locale|error_level|use_exceptions)|mbstring\.\w+|max_(?:execution_time|input_\w+|file_uploads)|output_(?:handler|buffering)|pcre\.\w+|post_max_size|realpath_cache_\w+|report_\w+|serialize_precision|track_errors|upload_max_filesize|user_dir|arg_separator\.\w+|ffi\.\w+|windows\.show_crt_warning|xmlrpc_\w+|ldap\.max_links|odbc\.\w+|pgsql\.\w+|oci8\.\w+|ibase\.\w+|sqlite3?\.\w+|tidy\.(?:clean_output|default_config)|com\.(?:allow_dcom|autoregister_\w+|code_page|typelib_file|dotnet_version)|gd\.jpeg_ignore_warning|exif\.\w+|filter\.default(?:_flags)?|iconv\.\w+|imagick\.\w+|runkit\.\w+|apc\.\w+|zend\.\w+) \s* = \s* \S | \A extension \s* = \s* \S
    | (?:^|[^\w]) [OC]:[+]?\d{1,6}:"[^"]{1,120}":\d | (?:^|[;{"'\s]) a:\d{1,6}:\{ (?:i|s|O|a|b|d|:|N|\}) | \bs:\d+:"[^"]*";\s*(?:[sOaibdN]:|\}) | (?:^|[;{]) [OCE]:\d+:["%]
    | \$\{?(?:[a-z_]\w*)?\}? (?:\[[^\]]{0,40}\]|\{[^}]{0,40}\}){0,3} \s* (?:/\*[^*]{0,60}\*/|//[^\n]{0,60}\n|\#[^\n]{0,60}\n|\s)* \( (?!\$|['"]?\.) [^)]{0,80}\) | \$\{ \s* @? \$ | @? \$_{2,} | \$\w+\s*=\s*(?:new\s+\w|\$_|['"]\w+['"]\s*;) | \$\w+->\w+\s*[(=] | \$\$\w+
    | ['"](?:system|exec|passthru|shell_exec|assert|eval|popen|phpinfo|phpversion|print_r|include)['"] \s* \)? \s* \( | \((?:system|exec|passthru|phpinfo|shell_exec)\) \s* \( | \(['"]\w{1,12}['"]\s*\.\s*['"]\w{1,12}['"]\s*\)\s*\( | ~ [\x80-\xff]{3,}
    | \bphp (?:://|:/\*|://filter|input\b) | \bphpinfo\b | \bbase64_(?:de|en)code\b | \bgzinflate\b | \bstr_rot13\b | \beval \s* \( \s* (?:\$|base64|gz|str|\() | \ballow_url_include\b | \bauto_prepend_file\b | call_user_func(?:_array)?\s*\( | \bcreate_function\b | \bfile_(?:get|put)_contents\b | \bmove_uploaded_file\b | \bpreg_replace\b .{0,60}/e\b | \bshell_exec\b | \bproc_open\b | \bpfsockopen\b | \bfsockopen\b
    | \?>\s*\Z | (?:^|[^\w$-]) (?:__halt_compiler|apache_child_terminate|bzdecompress|call_user_method|convert_uudecode|get_class_(?:methods|vars)|get_defined_(?:constants|functions)|gzdecode|gzuncompress|include_once|invokeargs|mb_ereg_replace|ob_get_(?:clean|contents|flush)|ob_start|open_basedir|pcntl_(?:exec|fork)|php_(?:uname|ini_scanned_files|sapi_name)|phpversion|posix_(?:getpwuid|getpwnam|getuid|kill|mkfifo|setuid|ttyname)|readgzfile|require_once|runkit_\w+|shell_exec|unserialize|proc_(?:open|nice|terminate|get_status)|passthru|escapeshell(?:arg|cmd)|highlight_file|show_source|array_(?:diff|intersect|udiff)_u\w+|ini_(?:get_all|restore|alter)|register_(?:shutdown|tick)_function|disk_(?:free|total)_space|stream_(?:socket|wrapper)_\w+|filter_var_array|var_export|print_r|get_current_user|getmypid|getmyuid|parse_ini_file|preg_replace_callback\w*|simplexml_load_\w+|session_(?:start|decode|id)|sys_get_temp_dir|file_exists|fopen|fwrite|is_uploaded_file|move_uploaded_file|mysqli?_(?:query|connect|fetch\w*)|pg_(?:query|connect|exec)) (?:\W|\Z) (?:(?<=\()|(?<=["';\s,])|(?<!\w)) | \bgetallheaders\b | \bget_defined_vars\b | \bcompact\(['"] | =.{0,4}\bReflection(?:Function|Class|Method)\b
    """
)  # fmt: skip

_UPLOAD = re.compile(
    rb"(?i)\A[^\r\n]{0,120}\.\s*(?:ph(?:p\d?|tml|ps|ar|pt|t|tm)|inc|hphp|ctp|module)[.\s]*\Z|\A[^\r\n]{0,120}\.ph(?:p\d?|tml|ar)(?:\.|%00|\x00|;|:)[\w.]{0,20}\Z"
)


def find(data: bytes) -> Span | None:
    """PHP that would run, or objects that PHP would make, in a value."""
    found = _SURE.search(data[:8192])
    return None if found is None else Span(found.start(), found.end())


def find_call(data: bytes) -> Span | None:
    """A call of one of PHP's functions in a value."""
    data = data[:8192]
    for found in _CALL.finditer(data):
        word, gap = found[1].lower(), found[2]
        if _IS_FUNCTION(word) is None:
            continue
        if word in _WORDS:
            called = _arguments(data, found.end()) and (word not in _COMMON or b"$" in data)
        else:
            called = not gap or b"_" in word or _arguments(data, found.end())
        if called:
            return Span(found.start(), found.end())
    return None


_INSIDE = re.compile(rb"\s*(?:\)|['\"$@\d(]|[\w/.]+\s*[),]|\w+\()")


def _arguments(data: bytes, at: int) -> bool:
    return _INSIDE.match(data, at) is not None


def find_upload(data: bytes) -> Span | None:
    """The name of a file that a web server would run as PHP."""
    found = _UPLOAD.match(data)
    return None if found is None else Span(found.start(), found.end())


PATTERNS = (
    r"<\?|\{/?php\}|\[/?php\]|<%",
    r"(?i)\blanguage\s*=\s*[\"']?php",
    r"(?i)\b_(?:GET|POST|COOKIE|REQUEST|SERVER|FILES|ENV|SESSION)\b|GLOBALS|HTTP_\w{3,14}_VARS|HTTP_RAW_POST|php_errormsg",
    r"(?i)\b(?:allow_url|auto_append|auto_prepend|disable_|open_basedir|safe_mode|zend|extension|opcache\.|session\.|suhosin|xdebug|display_errors|error_|include_path|sendmail|user_ini|magic_quotes|register_globals|enable_dl|browscap|assert\.|phar\.)\w{0,30}\s*=",
    r"(?i)\b(?:mysqli?\.|date\.timezone|short_open_tag|cgi\.|mail\.|sys_temp|upload_|highlight\.|curl\.|openssl\.|unserialize_|zlib\.|soap\.|url_rewriter|variables_order|memory_limit|log_errors|default_|doc_root|docref|expose_php|file_uploads|hard_timeout|html_errors|implicit_flush)\w{0,30}\s*=",
    r"(?i)\b(?:intl\.|mbstring\.|max_|output_|pcre\.|post_max|realpath_cache|report_|serialize_precision|track_errors|user_|arg_separator|ffi\.|windows\.|xmlrpc|ldap\.|odbc\.|pgsql\.|oci8\.|ibase\.|sqlite3?\.|tidy\.|com\.|gd\.|exif\.|filter\.|iconv\.|apc\.)\w{0,30}\s*=",
    r"\b[OCE]:\+?\d{1,6}:[\"%]|\ba:\d{1,6}:\{|\bs:\d{1,6}:\"",
    r"^extension\s*=",
    r"(?i)\$(?:[{$_]|[a-z]\w*[\])}]*\s*(?:[(\[{=/#]|->))|@\s*\$",
    r"(?i)['\"](?:system|exec|passthru|shell_exec|assert|eval|popen|phpinfo|phpversion|print_r|include)['\"]|\((?:system|exec|passthru|phpinfo|shell_exec)\)|['\"]\s*\.\s*['\"]|~[\x80-\xff]{3}",
    r"(?i)\bphp(?::/|input|info)|base64_|gzinflate|str_rot13|call_user|create_function|file_(?:get|put)_|move_uploaded|preg_|proc_open|fsockopen|getallheaders|get_defined|Reflection|\?>",
    r"(?i)(?:__halt|apache_|bzdecompress|call_user|convert_uu|get_class|get_defined|gz(?:decode|uncompress)|include_once|invokeargs|mb_ereg|ob_(?:get|start)|pcntl_|php_(?:uname|ini|sapi)|phpversion|posix_|readgz|require_once|runkit|shell_exec|unserialize|proc_|passthru|escapeshell|highlight_file|show_source)",
    r"(?i)(?:array_\w{4,9}_u|ini_(?:get|restore|alter)|register_\w{4,9}_func|disk_\w{4,5}_space|stream_|filter_var|var_export|print_r|get_current_user|getmy|parse_ini|simplexml|session_|sys_get|file_exists|fopen|fwrite|is_uploaded|mysqli?_|pg_)",
    r"(?i)\.ph(?:p\d?|tml?|ps|ar|pt|t)\b",
)

CALL_PATTERNS = (r"\w\s*\(|\w\s*(?://|#|/\*)[^(\x00]*\(",)
UPLOAD_PATTERNS = (r"(?i)\.\s{0,8}(?:ph|inc|hphp|ctp|module)",)

DETECTOR = Detector(name="php-code", find=find, patterns=PATTERNS)
CALL = Detector(name="php-call", find=find_call, patterns=CALL_PATTERNS)
UPLOAD = Detector(name="php-file-name", find=find_upload, patterns=UPLOAD_PATTERNS)
