"""Levels of isolation, and the commands that start an interpreter at each."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from smepo.verifiers.sandbox import inside

Level = Literal["bubblewrap", "unshare", "rlimits"]
LEVELS: tuple[Level, ...] = ("bubblewrap", "unshare", "rlimits")  # the strongest first

ROOM = "/box"  # where the sandbox's own files are in bubblewrap's room
LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/nix/store")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
# for the server, which gives them up in each of its children
CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_KILL")
ENVIRONMENT = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from inside.start import main; main()"


@dataclass(frozen=True, slots=True)
class Shown:
    """What programs may read and import besides the standard library: installed packages, by their
    names, and folders. A package that is not installed is not there for them either."""

    packages: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def imports(self, level: Level) -> list[str]:
        """Where programs find modules."""
        parents = [str(Path(path).parent) for path in self._installed()]
        found = dict.fromkeys([*map(os.path.abspath, self.folders), *parents])
        return [path if level == "rlimits" else placed(path) for path in found]

    def paths(self) -> list[str]:
        """What they see of the file system."""
        return [*map(os.path.abspath, self.folders), *self._installed()]

    def _installed(self) -> list[str]:
        found: list[str] = []
        for name in self.packages:
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.origin:
                folder = Path(spec.origin).parent
                libraries = folder.with_name(f"{folder.name}.libs")  # as wheels bring them
                found += [str(path) for path in (folder, libraries) if path.is_dir()]
        return found


def placed(path: str) -> str:
    """Where a path is shown: where it is, but for /tmp, which is the program's own."""
    return f"{ROOM}/at{path}" if Path(path).is_relative_to("/tmp") else path


def interpreter() -> str:
    """The real interpreter: that of a virtual environment is a link to it."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def visible(shown: Shown) -> list[str]:
    """The paths that a program sees, read-only: libraries, the interpreter, and ``shown``."""
    found = [path for path in LIBRARIES if os.path.lexists(path)]
    if Path(sys.base_prefix) not in (Path("/usr"), Path("/")):
        found.append(sys.base_prefix)
    found += [interpreter(), sysconfig.get_path("stdlib"), *shown.paths()]
    kept: list[str] = []
    for path in dict.fromkeys(found):
        if not any(Path(path).is_relative_to(one) for one in kept):
            kept.append(path)
    return kept


def command(level: Level, fd: int, user: int, shown: Shown) -> list[str]:
    """The command line of a fork server.

    ``fd``: the control socket. ``user``: whom programs run as, 0 for the one that we are.
    ``shown``: what programs may read besides.
    """
    home = str(Path(inside.__file__).resolve().parent.parent)
    paths = visible(shown)
    if level != "rlimits" and placed(sys.base_prefix) != sys.base_prefix:
        raise FileNotFoundError("the interpreter is in /tmp, which programs have for themselves")
    python = [interpreter(), "-X", "utf8", "-s", "-S", "-B", "-P", "-c", BOOT]
    if level == "bubblewrap":
        found = shutil.which("bwrap")
        if found is None:
            raise FileNotFoundError("bubblewrap is not installed")
        here = [*python, ROOM, str(fd), level, str(user), "[]", "0"]
        return [found, "--die-with-parent", *_room(home, paths), "--", *here]
    pairs = [(path, placed(path)) for path in paths]
    own = str(Path(home, "inside"))
    # where modules are looked for has to be listed; what else lies there cannot be read
    listable = [(path, "") for path in shown.imports(level)] if level == "rlimits" else []
    listed = json.dumps([*pairs, (own, own), *listable])
    return [*python, home, str(fd), level, str(user), listed, str(os.getpid())]


def _room(home: str, paths: Sequence[str]) -> list[str]:
    arguments = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    if os.geteuid() != 0:
        arguments += ["--unshare-user", "--uid", "0", "--gid", "0"]
    arguments += ["--cap-drop", "ALL"]
    for capability in CAPABILITIES:
        arguments += ["--cap-add", capability]
    places = [placed(path) for path in paths]
    parents = {str(parent) for path in places for parent in Path(path).parents} - {"/"}
    for path in sorted(parents - set(places)):  # others than their owner have to pass through
        if not Path(path).is_symlink():
            arguments += ["--perms", "0755", "--dir", path]
    for path, place in zip(paths, places, strict=True):
        if Path(path).is_symlink():
            arguments += ["--symlink", str(Path(path).readlink()), place]
        else:
            arguments += ["--ro-bind", path, place]
    arguments += ["--ro-bind", str(Path(home, "inside")), f"{ROOM}/inside"]
    for device in DEVICES:
        arguments += ["--dev-bind", device, device]
    arguments += ["--dir", "/proc", "--dir", "/tmp", "--remount-ro", "/", "--chdir", "/"]
    return arguments
