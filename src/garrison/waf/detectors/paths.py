"""Paths nobody asks for but to break in: consoles, repositories, shells left by others, administration pages."""

from __future__ import annotations

from garrison.waf.rule_group import Detector

EXPLOITABLE = Detector(
    name="exploitable-paths",
    patterns=(
        r"(?i)(?:^|/|\\)(?:WEB-INF|META-INF)(?:/|\\|%2f|$)",
        r"(?i)/\.(?:git|svn|hg|bzr|cvs|env|aws|ssh|docker|kube|DS_Store|htpasswd|htaccess|npmrc|idea|vscode|bash_history|bashrc|profile|n8n|gnupg|config/gcloud|azure|terraform|well-known/(?:stacks|openid-configuration/\.\.))(?:/|$|[._-])",
        r"(?i)/(?:server-(?:status|info)|nginx_status|fpm-status|phpinfo(?:\.php)?|info\.php|_profiler|_ignition/execute-solution|_fragment|elmah\.axd|trace\.axd|telescope/requests|debug/(?:default/view|pprof)|\.\./)",
        r"(?i)/(?:vendor/)?phpunit/(?:\w+/){0,6}eval-stdin\.php|/eval-stdin\.php",
        r"(?i)/cgi-bin/(?:[^?]{0,80}/)?(?:bash|sh|cmd\.exe|php\d?(?:-cgi)?|perl|python|luci|\.%2e|\.\.|%2e%2e|status|test-cgi|printenv|nph-|view-source|phf|count\.cgi|htsearch|webdist|handler|awstats\.pl)",
        r"(?i)/(?:wp-config|configuration|config|settings|database|db|parameters|localsettings|web|appsettings(?:\.\w+)?|secrets?|credentials?)\.(?:php|yml|yaml|json|xml|ini|config|inc|bak|old|txt|properties)(?:[~._-]\w{0,6})?$",
        r"(?i)/(?:c99|r57|wso\d?|b374k|alfa(?:_data|cgiapi)?|cmd|shell|webshell|backdoor|c100|mini|indoxploit|marijuana|gel4y|leaf)\.(?:php\d?|asp|aspx|jsp|phtml)$",
        r"(?i)/(?:boaform|HNAP1|GponForm|setup\.cgi|goform|currentsetting\.htm|tmUnblock\.cgi|sdk/webLanguage|onvif|shell\?cd|manager/text|invoker/(?:JMX|EJB)|jmx-console|web-console|axis2|wls-wsat|_async/AsyncResponse|bea_wls_internal|console/css|autodiscover/autodiscover\.json|owa/auth/x\.js|ecp/\w+\.js|aspnet_client/\w+\.aspx|dana-na|vpns?/\.\./|remote/fgt_lang|mgmt/tm/util|tmui/login\.jsp/\.\.;|global-protect/\S+\.esp|sslvpn_logon|geoserver/\S*exec|solr/\S*config|druid/indexer|nacos/v1/auth|api/jsonws/invoke|cf_scripts/scripts|CFIDE)",
        r"(?i)/(?:actuator/(?:env|heapdump|gateway|jolokia|h?t*trace|httptrace|loggers|threaddump|mappings|beans|configprops|restart|shutdown|auditevents|caches|conditions|scheduledtasks|sessions|logfile|refresh|liquibase|flyway|features|dump|archaius|service-registry|integrationgraph)|jolokia/(?:exec|list|read)|heapdump|env$|dump$|trace$)",
        r"(?i)/(?:etc|proc)/\w|/(?:windows|winnt)/(?:system32|win\.ini)|/(?:id_rsa|id_dsa|passwd|shadow)$|/\.\.;/|/(?:%2e|\.){2}(?:%2f|%5c|/|\\)",
    ),
)

ADMINISTRATION = Detector(
    name="administration-paths",
    patterns=(
        r"(?i)/(?:php-?my-?admin|pma\d*|myadmin|mysql-?admin|sqlmanager|mysqlmanager|sqlweb|websql|webdb|dbadmin|db/dbadmin|phppgadmin|pgadmin\d?|adminer(?:-[\d.]+)?(?:\.php)?|sqlite-?manager|sqlitemanager|mssqlmanager|phpredisadmin|rockmongo)(?:/|$|-\d)",
        r"(?i)/(?:manager/(?:html|status|text|jmxproxy)|host-manager|jmx-console|web-console|admin-console|jolokia|hawtio|console/login|solr/admin|jenkins/(?:script|manage|computer)|script(?:Text)?$|struts/webconsole|axis2-admin|activemq/admin|hudson|nexus/#admin|sonar/admin|kibana/app|grafana/admin)",
        r"(?i)/(?:wp-admin|wp-login\.php|administrator|bitrix/admin|typo3|umbraco|sitecore/(?:admin|login|shell)|ghost/#|user/admin|admin[_-]?cp|modcp|moderator|controlpanel|cpanel|whm|plesk|webmin|virtualmin|vestacp|directadmin|ispconfig|kloxo)(?:/|$|\?)",
        r"(?i)/(?:admin|admins|admin\d|_admin|adm|siteadmin|webadmin|useradmin|sysadmin|superadmin|backoffice|backend/auth)(?:/|$|\.(?:php|asp|aspx|jsp|cgi|html?))",
        r"(?i)/(?:actuator|monitoring|metrics/admin|server-manager|adminpanel|admin-panel|admin_area|panel-administracion|instadmin|memberadmin|rcjakar|admincontrol|adminlogin)(?:/|$)",
    ),
)

WORDPRESS_PATHS = Detector(
    name="wordpress-paths",
    patterns=(
        r"(?i)/xmlrpc\.php$|/xmlrpc\.php/",
        r"(?i)/wp-config(?:\.php|-sample\.php|\.\w+|~)|/wp-config\.php",
        r"(?i)/wp-(?:admin/(?:install|setup-config|upgrade|maint/repair)\.php|content/(?:debug\.log|uploads/[^?]{0,120}\.ph(?:p\d?|tml)|backup|upgrade/|mu-plugins/[^?]{0,40}\.php|w3tc/|plugins/[^?]{0,80}(?:timthumb|thumb|uploadify|upload|connector\.minimal|server/php|readme\.txt|/eval-stdin)))",
        r"(?i)/(?:tim)?thumb\.php|/wp-includes/(?:[^?]{0,60}\.php$|wlwmanifest\.xml)|/wlwmanifest\.xml$",
        r"(?i)/wp-json/wp/v2/users|/wp-json/(?:oembed/1\.0/proxy|wp/v2/posts/\d+\?id=)|/license\.txt$|/wp-links-opml\.php|/wp-mail\.php|/wp-trackback\.php",
    ),
)

WORDPRESS_COMMANDS = Detector(
    name="wordpress-commands",
    patterns=(
        r"(?i)\bdo-reset-wordpress\b|\brevslider_(?:show_image|ajax_action)\b|\bduplicator_download\b|\bwp_ajax_nopriv\b",
        r"(?i)\b(?:author|author_name)=\{?\d|\bautomatewoo|\bcpabc_appointments|\bwpdm_ajax_call|\bwysija_subscribers|\bupdraft_ajax|\bshow_image&img=|\bga_action=|\bwp_abspath=|\bcswppath|\bformcraft|\bswp_url=",
        r"(?i)\brest_route=/?wp/v2/users|\bpage=(?:wp-file-manager|revslider|wysija_campaigns)|\bcmd=(?:upload|mkfile|put)&target=l1_|\bmigrate_action=|\bupdate_option\b|\bdefault_role=administrator|\busers_can_register=1",
    ),
)

LOCAL_HOST = Detector(
    name="localhost-host",
    patterns=(
        r"(?i)^(?:localhost|127(?:\.\d{1,3}){1,3}|\[::1\]|0\.0\.0\.0|localhost\.localdomain|localhost6)(?::\d{1,5})?$",
    ),
)
