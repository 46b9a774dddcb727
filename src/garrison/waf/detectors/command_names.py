"""Names of commands, by how much else has to be there before one is taken for a command."""

from __future__ import annotations

import re


def chunks(names: frozenset[bytes], size: int = 60) -> list[str]:
    """The names as alternatives of regular expressions that are not too large for the shared scan."""
    ordered = sorted(re.escape(name.decode()) for name in names)
    return ["|".join(ordered[at : at + size]) for at in range(0, len(ordered), size)]


def _names(words: str) -> frozenset[bytes]:
    return frozenset(word.encode() for word in words.split())


UNIX = _names(
    """
    7z 7za 7zr aa-disable aa-enforce aa-exec aa-complain aa-status ab adduser agetty ansible ansible-playbook ansible-test
    apache2 apache2ctl apt-get apt-cache aptitude apropos arecord aria2c arj arp arping ash ascii-xfr ascii85 aspell atobm atq awk axel base32
    base58 base64 basenc basez bash batcat bconsole blkid bpftrace bunzip2 bundler busctl busybox byebug bzcat bzip2 bzegrep
    bzless bzmore c89 c99 capsh cdist certbot chattr chgrp chmod chown chpasswd chroot cksum clamscan cobc cowsay cowthink
    cpan cpio cpulimit crontab cscli csh csplit csvtool cupsfilter dash-shell dd debugfs dmesg dmidecode dmsetup dnf dnsdomainname
    docker dos2unix dosbox dotnet dpkg dpkg-deb dpkg-query dstat dvips easy_install easy_install3 ebtables egrep elinks env
    eqn ethtool exiftool faillog fdisk fgrep findmnt flock fping ftpwho gawk g++ gcc gcloud gcore gdb genisoimage getcap getent
    getfacl getfattr ghc ghci gimp ginsh gpasswd gpg groupadd groupdel groupmod grep gtester gunzip gzexe gzip halt hexdump
    host-t hostid hostname hostnamectl hping3 htdigest htpasswd iconv ifconfig ifdown iftop ifup insmod ionice ip6tables iptables
    iptables-save irb ispell iwconfig jjs journalctl jq jrunscript kubectl killall ksh ksshell ksu lastcomm lastlog lastlogin
    latexmk ld.so ldapsearch ldconfig ldd lftp lftpget localectl locate loginctl logsave lp logname ls ls-F lsattr lsb_release lsblk lscpu lshw
    lsmod lsof lspci lspgpot lsusb ltrace lua lua5.1 lua5.3 lua5.4 lualatex luatex lwp-download lwp-request lwp-dump lwp-mirror lynx lz4
    lz4c lz4cat lzcat lzcmp lzdiff lzegrep lzfgrep lzgrep lzless lzma lzmadec lzmore mawk md5sum minicom mkdir mkfifo mkfs mknod mktemp
    mlocate mmdf modprobe mosquitto msfconsole msgattrib msgcat msgconv msgfilter msgmerge msguniq mtr multitime mysql mysqladmin
    mysqldump mysqldumpslow mysqlhotcopy mysqlshow namei nasm nawk nc.openbsd nc.traditional ncat ncdu ncftp neofetch netcat
    netkit-ftp netplan netstat nft nginx nmap nmcli nodejs nohup npm npx nroff nsenter nslookup nsupdate ntpdate octave-cli openssl openvpn
    openvt opkg pandoc passwd pdflatex pdftex perl perl5 perlbug perlsh perms pexec pfctl pftp pgrep php php-cgi php5 php7 php8 php-fpm pidof
    pidstat pigz ping6 pip2 pip3 pkexec pkginfo pkill pmap popd posh poweroff printenv printf pry psftp psql ptx pushd pwd pwdx pwsh
    python python2 python2.7 python3 python3m rclone rcp readelf readlink redcarpet redis-cli renice restic rexec rlogin rlwrap rmdir rmmod rmt
    rmt-dump rmt-tar rnano rpm rpmdb rpmquery rpmverify rsync rtorrent ruby rundeck run-mailcap run-parts runscript rview rvim sash
    scanmem scp scrot sdiff sed sestatus setarch setcap setfacl setfattr setlock setsid sftp sh sh.distrib sha1sum sha224sum sha256sum
    sha384sum sha512sum shuf shutdown slsh smbclient smbget smbmap snap socat soelim softlimit sqlite3 sqlmap ssh ssh-agent ssh-copy-id
    ssh-keygen ssh-keyscan sshd sshpass start-stop-daemon stdbuf strace su sudo sudoedit svn sysctl syslogd systemctl systemd-resolve systemd-run
    tac tailf tar taskset tasksh tbl tclsh tcpdump tcping tcptraceroute tcsh tdbtool telnet terraform tftp timedatectl tmate tmux
    torify torsocks tracepath traceroute traceroute6 troff tshark tty ulimit umount unalias uname uncompress unexpand uniq unlz4 unlzma unpigz
    unrar unset unshare unsquashfs unxz unzip unzstd update-alternatives updatedb uptime useradd userdel usermod uudecode uuencode
    vagrant valgrind varnishncsa vi vigr vim vim.tiny vimdiff vipw virsh visudo vmstat w3m wget whereis whiptail whoami whois
    wireshark xargs xdg-open xdotool xelatex xetex xmodmap xmore xterm xxd xz xzcat xzcmp xzdiff xzegrep xzfgrep xzgrep xzless xzmore yarn yash ytalk yum
    zathura zcat zcmp zdiff zegrep zfgrep zgrep zless zmore zrun zsh zsoelim zstd zstdcat zstdgrep zstdless zstdmt zypper psed pyversions py3versions
    gnome-terminal dig nc nl od ps df du wc ln mv cp rm tr uid gid whoami.exe groups-list vipw atrm debootstrap depmod dhclient eject fuser
    getconf getopts inotifywait ipcs ipcrm last-log logrotate losetup mailq mkswap mountpoint newgrp nproc partprobe pvs rfkill
    rpcinfo rpcclient showmount sshfs swapon swapoff telinit tload tset tune2fs ufw useradd vgs wipefs xinetd zfs zpool dbus-send
    aoss arptables biosdecode brctl bzip2recover capinfos cgcreate cgexec cgpasswd chgpasswd choom2 conntrack coproc cryptsetup ctr dfu-util
    doas dvtm e2fsck ebtables efax elvish espeak fallocate fdformat fsck fusermount getenforce helm htop iostat iotop iperf iperf3 ipset iw
    jshell jps jstack k3s kmod ldapadd ldapmodify lvm lvcreate lvextend lz mac2unix mii-tool minikube mosh mpstat mysqlbinlog nping
    openrc parted pdftotext podman proot pstree pv pvcreate qemu qemu-img rdesktop runuser sadf sar semanage setenforce skopeo smartctl
    snmpwalk snmpget sysdig tcpflow tcpreplay tload tracepath6 uuidgen vlock vgcreate vncserver x11vnc xclip xfs_info xsel yast zfsutil
    unix2dos msgfmt mutool nvme pkill pwconv resolvectl rpcdebug setfont setterm sfdisk ssh-add tcsh95 tput tzselect updatedb.mlocate
    httpd lighttpd memcached mongo mongod mongodump mongosh pg_dump pg_restore postgres rabbitmqctl supervisorctl gitlab-rails artisan
    """
)
"""Never a word in a sentence: enough behind a separator."""

OPERATORS = _names(
    """
    aa-complain aa-disable aa-enforce aa-exec aa-status apt-get apt-cache dpkg-deb dpkg-query easy_install easy_install3 run-parts
    run-mailcap update-alternatives start-stop-daemon systemd-resolve systemd-run ssh-keygen ssh-keyscan ssh-copy-id rmt-dump rmt-tar
    ansible-playbook ansible-test iptables-save dbus-send lwp-download lwp-request lwp-dump lwp-mirror ascii-xfr csvtool cscli chmod chown chattr chpasswd
    useradd userdel usermod groupadd groupdel visudo ifconfig ip6tables iptables nsenter unsquashfs unshare journalctl systemctl timedatectl
    hostnamectl loginctl localectl busctl ldconfig lsattr lsblk lscpu lsmod lspci lsusb modprobe insmod rmmod mkfifo mknod getcap
    setcap getfacl setfacl getfattr setfattr taskset stdbuf setarch setsid setlock softlimit multitime logsave hexdump uudecode uuencode
    msgattrib msgcat msgconv msgfilter msgmerge msguniq sqlmap tdbtool tcpdump tshark smbclient pidstat renice ionice cpulimit
    """
)
"""Of those, the ones that are taken for a command at the very beginning, whatever comes behind."""

UNIX_WORDS = _names(
    """
    alias apt ar at basename bc cat cal cc cd chsh chfn clear cmp comm cp curl cut crash cron date dc dialog diff dir dirname echo ed emacs enscript
    ex exec expand export expr facter false finger fish fold fmt free ftp gem git groups hash hd head history host id install ip jobs joe join julia
    kill knife last ldap less ln login look lpr mail man mesg more mount mutt nano net nice nm node paste pax perf pg pic ping pip pkg pr
    printf puppet rake rar rc read reboot red reset rev route rpc screen script service sg sleep sort split ss stat strings sync tail
    talk tee test tic top touch trap true type ul umask unlink view wall watch w which who write yes zip bridge choom column
    composer lsx snap-run fetch links cancel factor dash ksh93 task timeout time set eval source
    """
)
"""Also words: behind a separator they need an argument that no sentence has, another separator, or nothing at all."""

PROSE = _names(
    """
    at time more less last top look make split join paste print sort test watch which write yes man read reset screen service
    source set type view true false free date host history install nice node cancel column factor finger fold hash head jobs
    red sync talk task links export clear fish dash exec mail route snap strings timeout mount trap dialog expand composer
    crash bridge knife julia who tail alias eval script login dc ed ex go pr nm ul rc hd pic perf kill gem rake puppet pip
    pkg join touch groups fetch finger cal comm rev stat expr
    """
)
"""Of those, the ones that also end a clause: an argument must be there."""

WINDOWS = _names(
    """
    arp at.exe attrib bcdboot bcdedit bitsadmin cacls certreq certutil chcp chkdsk chkntfs cipher cmd cmd.exe cmdkey cmstp cscript csc.exe
    dcdiag del deltree dfsutil diskpart diskshadow dnscmd doskey driverquery dsadd dsget dsquery eudcedit eventcreate expand.exe
    extexport extrac32 fltmc forfiles fsutil ftp.exe gpresult gpupdate hh.exe icacls ieexec infdefaultinstall installutil ipconfig jsc.exe
    klist ksetup makecab manage-bde mavinject mkdir mklink mmc mpcmdrun msbuild msconfig msdt mshta msiexec nbtstat net.exe net1
    netdom netsh netstat nltest nslookup ntdsutil odbcconf openfiles pathping pcalua pcwrun pktmon pnputil powershell powershell.exe presentationhost
    psexec pwsh qprocess quser qwinsta rasdial rd.exe reg.exe regasm regedit regini regsvcs regsvr32 replace.exe robocopy rpcping rundll32 runas
    runonce runscripthelper sc.exe schtasks scriptrunner secedit setx shutdown subst syncappvpublishingserver systeminfo takeown taskkill tasklist
    tracert tttracer typeperf tzutil vaultcmd verclsid vssadmin w32tm wbadmin wevtutil wecutil whoami winrm winrs wmic wscript wsl wsreset
    wuauclt wusa xcopy gci gcm gwmi iwmi iex irm iwr icm ipmo saps sasv spps spsv sajb cnsn dnsn etsn exsn nsn gsnp asnp epcsv ipcsv
    gps gsv sls ogv shcm trcm swmi rwmi rvpa cvpa rcjb rujb wjb npssc clhy ghy ihy ipal epal xwizard esentutl desktopimgdownldr ssh.exe curl.exe bash.exe ver.exe gpscript mofcomp netcfg pubprn winget wt.exe
    """
)

WINDOWS_WORDS = _names(
    "assoc break call cd chdir cls color copy date del dir echo erase exit find findstr for ftype goto help hostname if md mkdir more "
    "move net path pause ping popd prompt pushd rd reg ren rename rmdir sc set sort start tftp time title tree type ver vol wait ftp "
    "telnet arp route finger nc where choice comp fc expand print clip sfc ssh curl powershell at"
)
