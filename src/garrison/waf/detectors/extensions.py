"""Names of files that a web server has but should not hand out: configurations, logs, keys, backups, databases."""

from __future__ import annotations

from garrison.waf.rule_group import Detector

PATTERNS = (
    r"(?i)\.(?:log|ini|cfg|conf|cnf|config|bak|backup|old|orig|original|save|swp|swo|sql|sqlite3?|db|dbf|mdb|accdb|pem|key|pfx|p12|jks|keystore|ppk|crt~|htaccess|htpasswd|htdigest|dll|sys|reg|inc|lic|dist|rdb|tfstate|tfvars|kdbx?|pst|ost|ovpn|pcap|core|dmp|axd|asa|asax|ascx|ashx~|resx|vb|vbproj|csproj|cs|licx|idc|ida|idq|htr|shtm|stm|printer|pol|cer|csr|der|pgp|gpg|asc~|rc|swn|tmp|bkp|bk|copy|1~|dump|rdp|lnk)(?:$|[?;/#~\x00]|%00|\.gz$|\.zip$)",
    r"(?i)(?:^|[/\\=])\.(?:env|git|svn|hg|bzr|cvs|ht\w+|aws|ssh|docker\w*|npmrc|yarnrc|vscode|idea|gitlab-ci\.yml|travis\.yml|circleci|bash\w*|profile|mysql_history|s3cfg|boto|passwd|netrc|ftpconfig|remote-sync\.json|sftp-config\.json|vscode/sftp\.json|DS_Store|terraform|kube|config)(?:$|[./?;])",
    r"(?i)(?:^|[/\\])[\w.-]{1,80}(?:~|\.~\d{0,3}~?|\.php[._-]?(?:bak|old|orig|save|swp|txt|s)|\.(?:php|aspx?|jsp|html?|js)\.\w{0,4}bak)$",
)

DETECTOR = Detector(name="restricted-extensions", patterns=PATTERNS)
