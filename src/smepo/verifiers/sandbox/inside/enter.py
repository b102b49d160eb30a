"""Namespaces and a root file system of our own, where there is no bubblewrap.

The same room as bubblewrap builds: no network, no other processes, nothing of the machine but what
is listed, read-only; /tmp is empty and in memory.
"""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

from .confine import MS_NODEV, MS_NOSUID, PR_SET_PDEATHSIG, check, libc

CLONE_NEWUSER = 0x10000000
# mounts, processes, network, System V shared memory, host name
CLONE_ROOM = 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
ROOM = "/sys"  # a folder that is on every machine, and needed no more
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def enter(paths: list[tuple[str, str]]) -> None:
    """Move this process into the room; returns in its first process. Raises OSError.

    ``paths``: what is shown, and where.
    """
    uid, gid = os.getuid(), os.getgid()
    check(libc.unshare(CLONE_ROOM if uid == 0 else CLONE_ROOM | CLONE_NEWUSER))
    if uid != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    pid = os.fork()
    if pid:  # the room ends with its first process, and that one with this
        status = os.waitpid(pid, 0)[1]
        os._exit(os.waitstatus_to_exitcode(status) & 255)
    libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)  # its parent is not in sight
    _root(paths)


def _root(paths: list[tuple[str, str]]) -> None:
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    _mount("tmpfs", ROOM, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for path, place in (*paths, *((device, device) for device in DEVICES)):
        target = Path(ROOM + place)
        if Path(path).is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(Path(path).readlink())
            continue
        if Path(path).is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        _mount(path, str(target), None, MS_BIND | MS_REC)
        if path not in DEVICES:
            locked = os.statvfs(target).f_flag & ~MS_RDONLY & 0xFFF
            _mount(None, str(target), None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | locked)
    for name in ("tmp", "proc"):
        Path(ROOM, name).mkdir(exist_ok=True)
    _mount("tmpfs", ROOM + "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    _mount(None, ROOM, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chdir(ROOM)
    check(libc.pivot_root(b".", b"."))
    check(libc.umount2(b".", MNT_DETACH))
    os.chdir("/")


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    result = libc.mount(
        source.encode() if source else None,
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode() if data else None,
    )
    check(result)
