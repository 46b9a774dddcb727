"""Java: class names and expressions that reach the runtime, serialized objects, gadgets; and Log4j look-ups (`JNDI`).

A class name alone is enough: no form has a field for one. Names of exceptions are left alone, as stack traces are
pasted into support forms every day.
"""

from __future__ import annotations

import re

from garrison.waf.rule_group import Detector, Span

_CLASS = re.compile(
    rb"""(?x)
      (?i:\b(?:java|javax|jakarta)\.(?:lang|io|util|net|nio|rmi|sql|beans|security|script|naming|management|el|servlet|swing|awt|xml|crypto|persistence|imageio|tools)\b) (?: \.\w++)*+ (?<!Exception)(?<!Error)(?<!Throwable) (?![\w.]*(?:Exception|Error|Throwable)\b)
    | (?i:\b(?:com\.sun\.|sun\.misc\.|sun\.reflect|sun\.rmi|jdk\.internal|org\.apache\.(?:commons|xalan|tomcat|catalina|struts|logging|log4j|velocity|wicket|shiro|dubbo|ibatis|naming|xbean|bcel|batik|click|groovy|myfaces|tapestry)|org\.springframework\.(?:context|beans|core|web|expression|aop|cglib|jndi|transaction)|org\.codehaus\.groovy|org\.hibernate\.\w|com\.mchange\.|com\.opensymphony\.|com\.alibaba\.(?:fastjson|druid)|ognl\.|org\.omg\.corba|bsh\.\w|clojure\.\w|freemarker\.template|org\.jboss\.\w|weblogic\.\w|oracle\.jdbc\.\w|org\.python\.\w|org\.mozilla\.javascript|net\.sf\.ehcache|com\.caucho\.|org\.yaml\.snakeyaml|com\.rometools|org\.jdom|com\.zaxxer|com\.ibatis|ch\.qos\.logback|com\.vaadin|org\.aspectj|com\.nqadmin|com\.newrelic\.agent|br\.com\.anteros|ro\.sl|javassist\.|scala\.sys\.process)) \w*
    """
)

_REACH = re.compile(
    rb"""(?isx)
      \bT \s* \( \s* java | \bruntime \s* (?:\.|\)) .{0,40}? (?:getruntime|exec) | getruntime \s* \( | \bprocessbuilder\b (?: [\s(.<] | \Z) | \bprocessimpl\b | \bunixprocess\b
    | \bclass \s* (?:\.|\[['"]?) \s* (?:module|classloader|forname|getresource|protectiondomain) | \bclassloader \s* \. | getclass \s* (?:\( \s* \))? .{0,30}? (?:forname|classloader|\.class) | \.class\.forname | ['"\]]\.class\b .{0,40} (?:forname|methods|name)
    | \bscriptenginemanager\b | getenginebyname | \bnewinstance\s*\( | getdeclared(?:constructors?|method|field) | invokemethod | \burlclassloader\b | \bmethodinvok\w+ | \bdefineclass\b
    | \#(?:_memberaccess|context|application|session|request|root|parameters|attr|_classresolver|this)\b .{0,6}? [\[.=(] | @ (?:java|org|com|ognl|[\w.]+\.)\w+ [\w.]* @ \w | \b ognl\.ognlcontext | xwork\.\w+ | %\{ .{0,60}? (?:\#|@|\() | \(\#\w+ \s* =
    | (?:redirect|action|redirectaction) : \s* [$%]\{ | \bmethod : [\#%@]
    | rO0AB[A-Za-z0-9+/] | \bKztAAU | \xac\xed\x00\x05 | \baced0005 | H4sIAAAAAAAA[A-Za-z0-9+/]{4}.{0,8}ac | %c2%ac%c3%ad | \xc2\xac\xc3\xad\x00\x05
    | \b(?:clonetransformer|forclosure|instantiatefactory|instantiatetransformer|invokertransformer|prototypeclonefactory|prototypeserializationfactory|whileclosure|chainedtransformer|constanttransformer|getproperty|filewriter|xmldecoder|templatesimpl|badattributevalueexp|annotationinvocationhandler|jdbcrowset\w*|bcel_?classloader|beancomparator|hashset;|methodclosure|convertedclosure|propertypathfactorybean|ysoserial)\b
    | ["'] @type ["'] \s* : \s* ["'] [\w.$\[]+ \. | \A @type\b | \$\$BCEL\$\$ | !!javax?\. | !!(?:python|ruby|com|org|sun)/? | <(?:java|object|void)\s+(?:version|class|method|property) = | <sorted-set> | <dynamic-proxy> | <jdk\.nashorn | <java\.lang
    | \$class["']?\s*: | ["']\$type["']\s*:\s*["'](?:system|microsoft)\. | \bAAEAAAD/{3,} | /wEP[A-Za-z0-9+/]{40} | \bystem\.(?:diagnostics|management|windows)\. | <ResourceDictionary\b | objectdataprovider
    | gASV[A-Za-z0-9+/]{6} | \bc(?:os|posix|nt|subprocess|commands|__builtin__|builtins|sys)\n(?:system|popen|exec|eval|check_output) | !ruby/(?:object|hash|struct) | \bBAhv?[A-Za-z0-9+/]{3}: | __reduce__ | !!python/
    | \b(?:freemarker\.template|velocityscope|velocitycount)\b | \.(?:jsp|jspx|jspf|jsw|jsv|war|jhtml) (?:\Z|["';\s.]|%00|\x00|:) | <%@?\s*(?:page|include|import|!) | <jsp:
    """
)


def find(data: bytes) -> Span | None:
    """Java that reaches its runtime, or serialized objects of Java, .NET, Python, Ruby."""
    data = data[:8192]
    found = _REACH.search(data) or _CLASS.search(data)
    return None if found is None else Span(found.start(), found.end())


PATTERNS = (
    r"(?i)\b(?:java|javax|jakarta)\.[a-z]|\b(?:com\.sun\.|sun\.(?:misc|reflect|rmi)|jdk\.internal|org\.apache\.|org\.springframework\.|org\.codehaus|org\.hibernate|com\.mchange|com\.opensymphony|com\.alibaba|ognl\.|org\.omg|bsh\.\w|clojure\.\w)",
    r"(?i)\b(?:freemarker\.|org\.jboss|weblogic\.|oracle\.jdbc|org\.python|org\.mozilla|net\.sf\.|com\.caucho|org\.yaml|com\.rometools|org\.jdom|com\.zaxxer|com\.ibatis|ch\.qos|com\.vaadin|org\.aspectj|com\.nqadmin|com\.newrelic|br\.com\.|ro\.sl|javassist\.|scala\.sys)",
    r"(?i)\bT\s*\(|\bruntime\b|getruntime|processbuilder|processimpl|unixprocess|classloader|\bclass[.\[]|getclass|scriptengine|getenginebyname|newinstance|getdeclared|invokemethod|methodinvok|defineclass",
    r"(?i)#_memberaccess|#(?:context|application|session|request|root|parameters|attr|_classresolver|this)\b|@\w{2,20}\.[\w.]{1,60}@|xwork\.|%\{|\(#\w|(?:redirect|action):|method:[#%@]",
    r"rO0AB|KztAAU|\xac\xed\x00\x05|(?i)aced0005|H4sIAAAAAAAA|\xc2\xac\xc3\xad",
    r"(?i)\b(?:clonetransformer|forclosure|instantiatefactory|instantiatetransformer|invokertransformer|prototypeclonefactory|prototypeserializationfactory|whileclosure|chainedtransformer|constanttransformer|getproperty|filewriter|xmldecoder|templatesimpl|badattributevalueexp)\b",
    r"(?i)\b(?:annotationinvocationhandler|jdbcrowset|bcel_?classloader|beancomparator|hashset;|methodclosure|convertedclosure|propertypathfactorybean|ysoserial)",
    r"(?i)@type|\$\$BCEL|!!(?:java|python|ruby|com|org|sun)|!ruby|<(?:java|object|void)\s|<sorted-set|<dynamic-proxy|<jdk\.|\$class|\$type|AAEAAAD///|/wEP|ystem\.(?:diagnostics|management|windows)|ResourceDictionary|objectdataprovider",
    r"gASV|\bc(?:os|posix|nt|subprocess|commands|__builtin__|builtins|sys)\n|\bBAhv?|__reduce__|velocityscope|velocitycount",
    r"(?i)\.(?:jspx?|jspf|jsw|jsv|war|jhtml)\b|<%|<jsp:",
)

DETECTOR = Detector(name="java-runtime", find=find, patterns=PATTERNS)

_NESTED = re.compile(
    rb"\$\{(?:[^${}:]{0,60}:){0,4}?(?:-([^${}]{0,60})|(?:(?:lower|upper|date|base64)\s*:\s*)'?([^${}']{0,60})'?)\}",
    re.IGNORECASE,
)
_JNDI = re.compile(
    rb"(?i)\$\{?[^\w]{0,8}j[\W_]{0,8}n[\W_]{0,8}d[\W_]{0,8}i[\W_]{0,8}:|\bjndi\s*:\s*(?:ldaps?|rmi|dns|iiop|corba|nis|nds|https?)|\$%7bjndi"
)
_LOOKUP = re.compile(
    rb"(?i)\$\{\s*(?:(?:lower|upper)\s*:\s*\S|(?:[^{}$]{0,40}:){0,3}:-|(?:env|sys|java|ctx|main|bundle|log4j|docker|k8s|spring|web|map|sd|marker|event|jvmrunargs|date|base64|url):[^{}\s]{1,60}(?::-|\}))"
)
_PLAIN_ENV = re.compile(rb"(?i)\$\{(?:env|sys|java|ctx|web|spring|docker|k8s|main|map|date|url|event):[\w.:-]+\}")


def find_jndi(data: bytes) -> Span | None:
    """A Log4j look-up: `${jndi:`, assembled from however many others."""
    value = data[:8192]
    nested = False
    for _ in range(24):
        if (found := _JNDI.search(value)) is not None:
            return Span(0, len(data), (found[0],))
        shorter, count = _NESTED.subn(lambda m: m[1] if m[1] is not None else m[2] or b"", value)
        if not count:
            break
        nested = nested or b"${" in shorter or b"::-" in value or b":-" in value
        value = shorter
    if nested and value != data:
        return Span(0, len(data))
    found = _LOOKUP.search(data[:8192])
    if found is None or (_PLAIN_ENV.fullmatch(found[0]) and found[0][2:5].lower() not in (b"env", b"sys", b"jav")):
        return None
    return Span(found.start(), found.end())


JNDI_PATTERNS = (
    r"(?i)\$(?:\{|%7b|%257b)",
    r"(?i)jndi",
)

JNDI = Detector(name="log4j-lookup", find=find_jndi, patterns=JNDI_PATTERNS)
