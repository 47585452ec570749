"""Numbers of the system calls that the filter names, for the processors that the service runs on.

Source: `asm/unistd_64.h` and `asm-generic/unistd.h` of Linux 6.1; a test compares them with the headers where those are
installed. A call that a processor does not have is left out of its table.
"""

import platform

# Denied outright, by what they would reach.
DENIED: dict[str, str] = {
    "other processes": """
        ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_open pidfd_getfd
        pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo tkill setpriority ioprio_set sched_setscheduler
        sched_setparam sched_setattr move_pages migrate_pages
    """,
    "new programs and processes": """
        execve execveat fork vfork
    """,
    "sessions and groups, by which the worker would lose sight of the child": """
        setsid setpgid
    """,
    "who one is": """
        setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset personality
    """,
    "namespaces and mounts": """
        unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick
        mount_setattr swapon swapoff quotactl quotactl_fd
    """,
    "sockets, beyond a pair of one's own": """
        socket connect bind listen accept accept4 sendmsg sendmmsg recvmmsg setsockopt
    """,
    "the System V and POSIX queues that outlive a process": """
        shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink
        mq_timedsend mq_timedreceive mq_notify mq_getsetattr
    """,
    "what Landlock does not cover: modes, owners, times, attributes, watches, handles": """
        chmod fchmod fchmodat chown fchown lchown fchownat setxattr lsetxattr fsetxattr removexattr lremovexattr
        fremovexattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr utime utimes futimesat
        utimensat mknod mknodat open_by_handle_at name_to_handle_at fanotify_init fanotify_mark inotify_init
        inotify_init1 inotify_add_watch lookup_dcookie
    """,
    "large and young parts of the kernel that no network needs, some of which keep memory that nothing counts": """
        bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register io_setup io_submit
        io_getevents io_destroy io_cancel io_pgetevents memfd_create memfd_secret add_key request_key keyctl
        mbind set_mempolicy set_mempolicy_home_node vmsplice seccomp landlock_create_ruleset landlock_add_rule
        landlock_restrict_self modify_ldt
    """,
    "the machine itself": """
        reboot init_module finit_module delete_module create_module kexec_load kexec_file_load acct syslog
        sethostname setdomainname settimeofday clock_settime adjtimex clock_adjtime iopl ioperm vhangup sync
        syncfs nfsservctl uselib sysfs ustat _sysctl
    """,
}
_X86_64 = """
    mmap=9 ioctl=16 shmget=29 shmat=30 shmctl=31 socket=41 connect=42 accept=43 sendto=44 sendmsg=46 bind=49 listen=50
    socketpair=53 setsockopt=54 clone=56 fork=57 vfork=58 execve=59 kill=62 semget=64 semop=65 semctl=66 shmdt=67
    msgget=68 msgsnd=69 msgrcv=70 msgctl=71 fcntl=72 chmod=90 fchmod=91 chown=92 fchown=93 lchown=94 ptrace=101
    syslog=103 setuid=105 setgid=106 setpgid=109 setsid=112 setreuid=113 setregid=114 setgroups=116 setresuid=117
    setresgid=119 getpgid=121 setfsuid=122 setfsgid=123 getsid=124 capset=126 rt_sigqueueinfo=129 utime=132 mknod=133
    uselib=134 personality=135 ustat=136 sysfs=139 setpriority=141 sched_setparam=142 sched_setscheduler=144
    vhangup=153 modify_ldt=154 pivot_root=155 _sysctl=156 prctl=157 adjtimex=159 chroot=161 sync=162 acct=163
    settimeofday=164 mount=165 umount2=166 swapon=167 swapoff=168 reboot=169 sethostname=170 setdomainname=171
    iopl=172 ioperm=173 create_module=174 init_module=175 delete_module=176 quotactl=179 nfsservctl=180 setxattr=188
    lsetxattr=189 fsetxattr=190 getxattr=191 lgetxattr=192 fgetxattr=193 listxattr=194 llistxattr=195 flistxattr=196
    removexattr=197 lremovexattr=198 fremovexattr=199 tkill=200 sched_setaffinity=203 io_setup=206 io_destroy=207
    io_getevents=208 io_submit=209 io_cancel=210 lookup_dcookie=212 semtimedop=220 clock_settime=227 tgkill=234
    utimes=235 mbind=237 set_mempolicy=238 mq_open=240 mq_unlink=241 mq_timedsend=242 mq_timedreceive=243
    mq_notify=244 mq_getsetattr=245 kexec_load=246 add_key=248 request_key=249 keyctl=250 ioprio_set=251
    inotify_init=253 inotify_add_watch=254 migrate_pages=256 mknodat=259 fchownat=260 futimesat=261 fchmodat=268
    unshare=272 vmsplice=278 move_pages=279 utimensat=280 accept4=288 inotify_init1=294 rt_tgsigqueueinfo=297
    perf_event_open=298 recvmmsg=299 fanotify_init=300 fanotify_mark=301 prlimit64=302 name_to_handle_at=303
    open_by_handle_at=304 clock_adjtime=305 syncfs=306 sendmmsg=307 setns=308 process_vm_readv=310
    process_vm_writev=311 kcmp=312 finit_module=313 sched_setattr=314 seccomp=317 memfd_create=319 kexec_file_load=320
    bpf=321 execveat=322 userfaultfd=323 io_pgetevents=333 pidfd_send_signal=424 io_uring_setup=425 io_uring_enter=426
    io_uring_register=427 open_tree=428 move_mount=429 fsopen=430 fsconfig=431 fsmount=432 fspick=433 pidfd_open=434
    clone3=435 pidfd_getfd=438 process_madvise=440 mount_setattr=442 quotactl_fd=443 landlock_create_ruleset=444
    landlock_add_rule=445 landlock_restrict_self=446 memfd_secret=447 process_mrelease=448 set_mempolicy_home_node=450
"""
_AARCH64 = """
    io_setup=0 io_destroy=1 io_submit=2 io_cancel=3 io_getevents=4 setxattr=5 lsetxattr=6 fsetxattr=7 getxattr=8
    lgetxattr=9 fgetxattr=10 listxattr=11 llistxattr=12 flistxattr=13 removexattr=14 lremovexattr=15 fremovexattr=16
    lookup_dcookie=18 fcntl=25 inotify_init1=26 inotify_add_watch=27 ioctl=29 ioprio_set=30 mknodat=33 umount2=39
    mount=40 pivot_root=41 nfsservctl=42 chroot=51 fchmod=52 fchmodat=53 fchownat=54 fchown=55 vhangup=58 quotactl=60
    vmsplice=75 sync=81 utimensat=88 acct=89 capset=91 personality=92 unshare=97 kexec_load=104 init_module=105
    delete_module=106 clock_settime=112 syslog=116 ptrace=117 sched_setparam=118 sched_setscheduler=119
    sched_setaffinity=122 kill=129 tkill=130 tgkill=131 rt_sigqueueinfo=138 setpriority=140 reboot=142 setregid=143
    setgid=144 setreuid=145 setuid=146 setresuid=147 setresgid=149 setfsuid=151 setfsgid=152 setpgid=154 getpgid=155
    getsid=156 setsid=157 setgroups=159 sethostname=161 setdomainname=162 prctl=167 settimeofday=170 adjtimex=171
    mq_open=180 mq_unlink=181 mq_timedsend=182 mq_timedreceive=183 mq_notify=184 mq_getsetattr=185 msgget=186
    msgctl=187 msgrcv=188 msgsnd=189 semget=190 semctl=191 semtimedop=192 semop=193 shmget=194 shmctl=195 shmat=196
    shmdt=197 socket=198 socketpair=199 bind=200 listen=201 accept=202 connect=203 sendto=206 setsockopt=208
    sendmsg=211 add_key=217 request_key=218 keyctl=219 clone=220 execve=221 mmap=222 swapon=224 swapoff=225 mbind=235
    set_mempolicy=237 migrate_pages=238 move_pages=239 rt_tgsigqueueinfo=240 perf_event_open=241 accept4=242
    recvmmsg=243 prlimit64=261 fanotify_init=262 fanotify_mark=263 name_to_handle_at=264 open_by_handle_at=265
    clock_adjtime=266 syncfs=267 setns=268 sendmmsg=269 process_vm_readv=270 process_vm_writev=271 kcmp=272
    finit_module=273 sched_setattr=274 seccomp=277 memfd_create=279 bpf=280 execveat=281 userfaultfd=282
    io_pgetevents=292 kexec_file_load=294 pidfd_send_signal=424 io_uring_setup=425 io_uring_enter=426
    io_uring_register=427 open_tree=428 move_mount=429 fsopen=430 fsconfig=431 fsmount=432 fspick=433 pidfd_open=434
    clone3=435 pidfd_getfd=438 process_madvise=440 mount_setattr=442 quotactl_fd=443 landlock_create_ruleset=444
    landlock_add_rule=445 landlock_restrict_self=446 memfd_secret=447 process_mrelease=448 set_mempolicy_home_node=450
"""


def _table(text: str) -> dict[str, int]:
    return {name: int(value) for name, _, value in (entry.partition("=") for entry in text.split())}


# The kernel's names for the processors, as the filter sees them (AUDIT_ARCH_… in linux/audit.h).
AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NUMBERS = {"x86_64": _table(_X86_64), "aarch64": _table(_AARCH64)}
# The youngest call that was looked at. All processors share the numbers from 424 on; what comes later is unknown here.
NEWEST = 451


class UnknownProcessor(OSError):
    """There is no table for this processor, so nothing can be filtered on it."""


def machine() -> str:
    """This processor's name, one of NUMBERS. Raises UnknownProcessor."""
    found = platform.machine().lower()
    name = {"amd64": "x86_64", "arm64": "aarch64"}.get(found, found)
    if name not in NUMBERS:
        raise UnknownProcessor(f"no table of system calls for the processor {name}; known are {', '.join(NUMBERS)}")
    return name


def number(name: str) -> int:
    """The number of a system call on this processor."""
    return NUMBERS[machine()][name]
