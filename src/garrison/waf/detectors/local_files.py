"""Files of a Unix system that no page refers to, by their absolute path."""

from __future__ import annotations

from garrison.waf.rule_group import Detector

PATTERNS = (
    r"(?i)(?:^|[^\w.-])/{1,3}etc/+(?:\.{1,2}/+)*[a-z]",
    r"(?i)(?:^|[^\w.-])/{1,3}proc/+(?:self|version|cmdline|mounts|net|sched_debug|cpuinfo|meminfo|sys|\d{1,7}|modules|partitions|stat|devices|config\.gz|driver)",
    r"(?i)(?:^|[^\w.-])/{1,3}var/+(?:log|www|lib|run|mail|spool|adm|cache|db|webmin|cpanel|apache\w*|htmlp?|lock|data|nis|yp|local)(?:/|$)",
    r"(?i)(?:^|[^\w.-])/{1,3}usr/+(?:local|lib|share|etc|bin|sbin|pkg|home|ports|spool|adm|internet|apache\w*)/+[\w.-]",
    r"(?i)(?:^|[^\w.-])/{1,3}(?:opt|home|srv|mnt|Users|Volumes|Library|private|System|Applications|web|www|logs|apache2?|nginx|php\d?|mysql|xampp|lampp|tomcat)/(?:[\w.-]{1,40}/){0,8}(?:\.\w|[\w.-]{0,40}\.(?:conf|log|ini|cnf|cfg|plist|pid|sock|sh|err|dist|inc|bak|passwd|xml|yml|yaml|key|pem|lst|db|history|d)\b|(?:access|error)_log)",
    r"(?i)(?:^|[^\w.-])/{1,3}(?:root|boot|dev|sys|selinux|bin|sbin)/+[\w.~-]",
    r"(?i)\.(?:bash_history|bashrc|bash_profile|bash_logout|mysql_history|psql_history|zsh_history|sh_history|nano_history|viminfo|vimrc|rhosts|shosts|netrc|pgpass|my\.cnf|ssh|gnupg|fetchmailrc|Xauthority|irb_history|lesshst|wget-hsts|python_history|ksh_history|node_repl_history|subversion|gitconfig|git-credentials|npmrc|aws|kube|docker|config/gcloud)(?:/|$|[^\w])",
    r"(?i)(?:^|[/=\s])(?:id_(?:rsa|dsa|ecdsa|ed25519)|authorized_keys|known_hosts|master\.passwd|httpd\.conf|apache2?\.conf|nginx\.conf|php\.ini|my\.cnf|sshd_config|vsftpd\.conf|proftpd\.conf|smb\.conf|shadow-?|sudoers|crontab|\.?passwd-?)(?:$|[^\w.-])",
    r"(?i)(?:^|/)etc/+(?:passwd|shadow|group|hosts|issue|motd|fstab|sudoers|crontab|apache|nginx|httpd|mysql|php|ssh|\w{2,20}\.conf)",
    r"(?i)^/{1,3}(?:[\w.-]+/+)+[\w.-]*\.(?:log|conf|cnf|cfg|ini|pid|sock|plist|err|passwd|htpasswd|bak|old)\d?$",
    r"(?i)(?:^|/)(?:access|error|ssl_access|ssl_error|httpd-access|httpd-error)[._]log(?:\.\d)?$",
    r"(?i)^[\\/]{1,2}(?:windows|winnt|program files|inetpub|xampp|wamp)[\\/]+[\w.-]",
    r"(?i)^/{1,3}(?:[\w.-]+/+)+[\w.-]*\.(?:log|conf|cnf|cfg|ini|pid|sock|plist|err|passwd|htpasswd|bak|old)\d?$",
    r"(?i)(?:^|/)(?:access|error|ssl_access|ssl_error|httpd-access|httpd-error)[._]log(?:\.\d)?$",
    r"(?i)^[\\/]{1,2}(?:windows|winnt|program files|inetpub|xampp|wamp)[\\/]+[\w.-]",
    r"(?i)\betc.{0,6}(?:passwd|shadow)\b",
)

DETECTOR = Detector(name="local-files", patterns=PATTERNS)

_SENSITIVE = r"(?:passwd|shadow|gshadow|group|sudoers|hosts|crontab|master\.passwd|ssh/\w+|security/\w+|environ|issue|fstab|motd|mysql/my\.cnf|apache2/\w+|nginx/nginx\.conf|httpd/conf)"

IN_TEXT = Detector(
    name="local-files-in-text",
    patterns=(
        rf"(?i)(?:^|[^\w.\s-])\s*/{{1,3}}etc/+{_SENSITIVE}(?:$|[^\w/.-])",
        r"(?i)(?:^|[^\w.\s-])\s*/{1,3}proc/+(?:self|\d+)/+(?:environ|cmdline|maps|fd|status|mem|cwd|root|exe)",
        r"(?i)^[\s\"']*(?:\.{0,2}/)*(?:etc|proc|var|usr|opt|home|root|srv|boot|dev|sys|bin|sbin|mnt|private|Library|Users|Volumes|Applications|System|web|www|logs|apache2?|xampp|lampp|tomcat)/+(?:[\w.@~-]+/*)+[\s\"';]*(?:\x00|$|%00|\?)",
        *PATTERNS[-4:],
    ),
)
"""For what people write in: a path in the middle of a sentence is only one if it is a secret's."""
