"""Hostile programs. Most would return the right values if their trick worked.

What hangs, exhausts or cheats scores 0 with a status that says so; what is merely denied is
contained; nothing is left running, and the next honest program scores 1.
"""

from __future__ import annotations

import os
import socket
import textwrap
import time
from pathlib import Path

import pytest

import smepo
from processes import running
from smepo.types import VerdictStatus as S
from smepo.verifiers.code import CodeVerifier
from smepo.verifiers.sandbox import Boxes, Level, Limits

LIMITS = Limits(
    seconds=0.5,
    total_seconds=1.0,
    memory=512 << 20,
    output=1 << 16,
    files=1 << 20,
    file_count=50,
    threads=24,
)
CODE = smepo.verifier("code", limits=LIMITS, workers=1)
TESTS = "def check(candidate):\n    assert candidate(2) == 15838\n    assert candidate(5) == 39595"
TARGET = {"tests": TESTS, "entry_point": "f", "setup": "class Node:\n    pass\n"}
HONEST = "def f(n):\n    return n * 7919"
SECRET = "the word that only the host knows"

# name: (how the verdict may end, the program). RIGHT is the right value.
PROGRAMS: dict[str, tuple[tuple[S, ...], str]] = {
    # --- what does not end
    "endless_loop": ((S.TIMEOUT,), "def f(n):\n while True: pass"),
    "endless_import": ((S.TIMEOUT,), "while True: pass"),
    "sleep": ((S.TIMEOUT,), "import time\ndef f(n):\n time.sleep(1e6); return RIGHT"),
    "backtracking": (
        (S.TIMEOUT,),
        "import re\ndef f(n):\n re.match('(a+)+$', 'a' * 40 + 'b'); return RIGHT",
    ),
    "signals_ignored": (
        (S.TIMEOUT,),
        """
        import signal
        for s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(s, signal.SIG_IGN)
        def f(n):
            while True: pass
        """,
    ),
    "errors_caught_for_ever": (
        (S.TIMEOUT,),
        "def f(n):\n while True:\n  try: raise MemoryError\n  except BaseException: pass",
    ),
    "stop_itself": (
        (S.TIMEOUT,),
        "import os, signal\ndef f(n):\n os.kill(os.getpid(), signal.SIGSTOP)\n while 1: pass",
    ),
    # --- what takes too much
    "sixteen_gigabytes": ((S.WRONG,), "def f(n):\n x = bytearray(16 << 30); return RIGHT"),
    "growing_list": ((S.WRONG, S.TIMEOUT), "def f(n):\n x = []\n while 1: x.append(' ' * 10**6)"),
    "anonymous_memory": (
        (S.WRONG,),
        "import mmap\ndef f(n):\n m = [mmap.mmap(-1, 1 << 28) for _ in range(64)]; return RIGHT",
    ),
    "memory_files": (
        (S.WRONG,),
        "import os\ndef f(n):\n fd = os.memfd_create('x'); os.write(fd, b'x'); return RIGHT",
    ),
    "shared_memory": (
        (S.WRONG,),
        """
        def f(n):
            from multiprocessing.shared_memory import SharedMemory
            SharedMemory(create=True, size=1 << 26)
            return RIGHT
        """,
    ),
    "deep_recursion": ((S.WRONG,), "def f(n):\n return f(n)"),
    "crash_by_recursion": (
        (S.WRONG,),
        """
        import sys
        sys.setrecursionlimit(10**9)
        def f(n):
            x = ()
            for _ in range(3 * 10**5): x = (x,)
            return hash(x) and RIGHT
        """,
    ),
    "crash": ((S.WRONG,), "import ctypes\ndef f(n):\n ctypes.string_at(0); return RIGHT"),
    "disk_filler": (
        (S.WRONG,),
        "def f(n):\n with open('/tmp/x', 'wb') as o:\n  for _ in range(99): o.write(b'x' * 10**5)\n"
        " return RIGHT",
    ),
    "many_big_files": (
        (S.WRONG,),
        "def f(n):\n for i in range(20): open(f'/tmp/{i}', 'wb').write(b'x' * 9**6)\n return RIGHT",
    ),
    "many_files": (
        (S.WRONG,),
        "def f(n):\n for i in range(999): open(f'/tmp/{i}', 'w')\n return RIGHT",
    ),
    "huge_answer": ((S.WRONG, S.TIMEOUT), "def f(n):\n return [0] * 9_000_000"),
    "huge_number": ((S.WRONG, S.TIMEOUT), "def f(n):\n return 1 << 9_000_000"),
    "endless_answer": ((S.WRONG,), "import itertools\ndef f(n):\n return itertools.count()"),
    # --- other processes
    "fork_bomb": ((S.WRONG,), "import os\ndef f(n):\n while True: os.fork()"),
    "fork_that_answers": (
        (S.WRONG,),
        "import os\ndef f(n):\n if os.fork() == 0: return RIGHT\n os._exit(0)",
    ),
    "thread_bomb": (
        (S.WRONG, S.TIMEOUT),
        """
        import threading, time
        def f(n):
            for _ in range(10_000):
                threading.Thread(target=time.sleep, args=(99,), daemon=True).start()
            return RIGHT
        """,
    ),
    "thread_left_behind": (
        (S.WRONG,),
        """
        import threading, time
        def f(n):
            threading.Thread(target=time.sleep, args=(99,), daemon=True).start()
            return RIGHT
        """,
    ),
    "subprocess": (
        (S.WRONG,),
        "import subprocess\ndef f(n):\n subprocess.run(['/bin/true'], check=True); return RIGHT",
    ),
    "system": ((S.WRONG,), "import os\ndef f(n):\n return RIGHT if os.system('true') == 0 else 0"),
    "exec": (
        (S.WRONG,),
        "import os, sys\ndef f(n):\n os.execv(sys.executable, ['python', '-c', '1'])",
    ),
    "pool_of_processes": (
        (S.WRONG,),
        "from multiprocessing import Pool\ndef f(n):\n return Pool(2).map(abs, [RIGHT])[0]",
    ),
    "kill_parent": ((S.WRONG,), "import os\ndef f(n):\n os.kill(os.getppid(), 9); return RIGHT"),
    "kill_all": ((S.WRONG,), "import os\ndef f(n):\n os.kill(-1, 9); return RIGHT"),
    "kill_neighbours": (
        (S.WRONG,),
        """
        import os
        def f(n):
            hit = 0
            for pid in range(2, 400):
                try: os.kill(pid, 9); hit += 1
                except OSError: pass
            return RIGHT if hit else 0
        """,
    ),
    "trace_parent": (
        (S.WRONG,),
        "import ctypes\ndef f(n):\n return 0 if ctypes.CDLL(None).ptrace(16, 1, 0, 0) else RIGHT",
    ),
    "read_neighbours_memory": (
        (S.WRONG,),
        """
        import re
        def f(n):
            for pid in range(1, 400):
                try: text = open(f'/proc/{pid}/mem', 'rb')
                except OSError: continue
                return RIGHT
        """,
    ),
    # --- privileges
    "more_memory": (
        (S.WRONG,),
        "import resource as r\ndef f(n):\n r.setrlimit(r.RLIMIT_AS, (-1, -1)); return RIGHT",
    ),
    "become_root": (
        (S.WRONG,),
        "import os\ndef f(n):\n os.setuid(0); os.chown('/tmp', 1234, 1234); return RIGHT",
    ),
    "mount": (
        (S.WRONG,),
        "import ctypes\ndef f(n):\n"
        " return 0 if ctypes.CDLL(None).mount(b't', b'/tmp', b'tmpfs', 0, None) else RIGHT",
    ),
    "new_namespaces": (
        (S.WRONG,),
        "import ctypes\ndef f(n):\n return 0 if ctypes.CDLL(None).unshare(0x10000000) else RIGHT",
    ),
    "chroot": ((S.WRONG,), "import os\ndef f(n):\n os.chroot('/tmp'); return RIGHT"),
    # --- network and files
    "connect": (
        (S.WRONG,),
        "import socket\ndef f(n):\n socket.create_connection(('127.0.0.1', PORT), 1); return RIGHT",
    ),
    "look_up": (
        (S.WRONG,),
        "import socket\ndef f(n):\n socket.gethostbyname('localhost.'); return RIGHT",
    ),
    "listen": (
        (S.WRONG,),
        "import socket\ndef f(n):\n socket.create_server(('', 0)); return RIGHT",
    ),
    "environment": (
        (S.WRONG,),
        "import os\ndef f(n):\n return RIGHT if 'HOST_SECRET' in os.environ else 0",
    ),
    "home": ((S.WRONG,), "def f(n):\n return RIGHT if open('HOME/secret').read() else 0"),
    "link_to_home": (
        (S.WRONG,),
        "import os\ndef f(n):\n os.symlink('HOME/secret', '/tmp/s'); open('/tmp/s'); return RIGHT",
    ),
    "up_and_out": ((S.WRONG,), "def f(n):\n open('/tmp/../' * 9 + 'HOME/secret'); return RIGHT"),
    "write_home": ((S.WRONG,), "def f(n):\n open('HOME/left', 'w').write('x'); return RIGHT"),
    "passwords": ((S.WRONG,), "def f(n):\n open('/etc/passwd'); return RIGHT"),
    "processes": (
        (S.WRONG,),
        "import os\ndef f(n):\n return RIGHT if any(map(str.isdigit, os.listdir('/proc'))) else 0",
    ),
    "root_through_proc": (
        (S.WRONG,),
        "import os\ndef f(n):\n os.listdir('/proc/1/root'); return RIGHT",
    ),
    "own_maps": ((S.WRONG,), "def f(n):\n open('/proc/self/maps'); return RIGHT"),
    "rewrite_library": (
        (S.WRONG,),
        "import heapq\ndef f(n):\n open(heapq.__file__, 'a').write('#'); return RIGHT",
    ),
    "rewrite_sandbox": (
        (S.WRONG,),
        "from inside import judge\ndef f(n):\n open(judge.__file__, 'a').write('#'); return RIGHT",
    ),
    "devices": (
        (S.WRONG,),
        "def f(n):\n open('/dev/vda', 'rb') or open('/dev/sda', 'rb'); return RIGHT",
    ),
    # --- cheating the comparison
    "equal_to_all": ((S.WRONG,), "class A:\n def __eq__(s, o): return True\ndef f(n): return A()"),
    "equal_number": (
        (S.WRONG,),
        "class A(int):\n def __eq__(s, o): return True\ndef f(n): return A()",
    ),
    "equal_list": (
        (S.WRONG,),
        "class A(list):\n def __eq__(s, o): return True\ndef f(n): return A()",
    ),
    "equal_by_reflection": (
        (S.WRONG,),
        "class A:\n __eq__ = lambda s, o: True\n __class__ = int\n __int__ = lambda s: 15838\n"
        "def f(n): return A()",
    ),
    "equal_node": (
        (S.WRONG,),
        "class Node:\n def __eq__(s, o): return True\ndef f(n): return Node()",
    ),
    "patched_builtins": (
        (S.WRONG,),
        """
        import builtins
        builtins.AssertionError = type('Quiet', (BaseException,), {})
        builtins.all = builtins.any = builtins.bool = lambda *a: True
        builtins.compile = builtins.exec = builtins.eval = lambda *a, **k: None
        def f(n): return 0
        """,
    ),
    "exit_zero": ((S.WRONG,), "import sys\ndef f(n): sys.exit(0)"),
    "exit_at_import": ((S.WRONG,), "import sys\nsys.exit(0)"),
    "exit_hard": ((S.WRONG,), "import os\ndef f(n): os._exit(0)"),
    "exit_hard_at_import": ((S.WRONG,), "import os\nos._exit(0)"),
    "pass_marker": (
        (S.WRONG,),
        """
        import sys
        def f(n):
            for out in (sys.stdout, sys.stderr, sys.__stdout__):
                print('OK', 'PASSED', '1.0', '{"status": "correct"}', file=out, flush=True)
        """,
    ),
    "forged_report": (
        (S.WRONG,),
        """
        import json, os
        body = json.dumps({'status': 'correct', 'detail': '', 'passed': 2, 'total': 2}).encode()
        for fd in range(3, 64):
            try: os.write(fd, len(body).to_bytes(4, 'big') + body)
            except OSError: pass
        def f(n): return 0
        """,
    ),
    "junk_in_the_pipe": (
        (S.WRONG,),
        "import os\ndef f(n):\n for fd in range(3, 64):\n  try: os.write(fd, b'\\0\\0\\0\\4junk')\n"
        "  except OSError: pass\n return RIGHT",
    ),
    "closed_pipe": ((S.WRONG,), "import os\ndef f(n):\n os.closerange(3, 64); return RIGHT"),
    "frames": (
        (S.WRONG,),
        """
        import re, sys
        def f(n):
            frame = sys._getframe()
            while frame:
                for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
                    if str(RIGHT) in repr(value)[:10**5]: return RIGHT
                frame = frame.f_back
        """,
    ),
    "all_objects": (
        (S.WRONG,),
        """
        import gc
        def f(n):
            for one in gc.get_objects():
                if type(one) in (dict, list, tuple):
                    for part in (one.values() if type(one) is dict else one):
                        if part == RIGHT or (type(part) is str and str(RIGHT) in part): return RIGHT
        """,
    ),
    "rewrite_tests": (
        (S.WRONG,),
        """
        import sys
        for module in list(sys.modules.values()):
            for name in ('check', 'judge', '_asserts', '_values', 'same'):
                try: setattr(module, name, lambda *a, **k: {'status': 'correct', 'passed': 1})
                except Exception: pass
        def check(candidate): pass
        def f(n): return 0
        """,
    ),
    "test_source": (
        (S.WRONG,),
        "import linecache\ndef f(n): return RIGHT if linecache.getlines('<tests>') else 0",
    ),
    "quiet_assertion": ((S.WRONG,), "def f(n): raise AssertionError"),
    "caught_assertion": (
        (S.WRONG,),
        "import sys\nsys.excepthook = sys.unraisablehook = lambda *a: None\ndef f(n):\n"
        " try: assert False\n except AssertionError: return None",
    ),
    "stop_iteration": ((S.WRONG,), "def f(n): raise StopIteration"),
    "exit_handlers": (
        (S.WRONG,),
        "import atexit, os\natexit.register(os._exit, 0)\ndef f(n): raise SystemExit(0)",
    ),
}

# What hangs does so at every level alike, and takes its time.
OTHER_LEVELS = [n for n, (ends, _) in PROGRAMS.items() if ends != (S.TIMEOUT,)] + ["endless_loop"]


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """What programs try to reach: a file, a listening socket, a variable of the environment."""
    home = tmp_path_factory.mktemp("home")
    (home / "secret").write_text(SECRET)
    os.environ["HOST_SECRET"] = SECRET
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"HOME": str(home), "PORT": str(server.getsockname()[1])}
    del os.environ["HOST_SECRET"]


def program(name: str, host: dict[str, str]) -> str:
    code = textwrap.dedent(PROGRAMS[name][1]).strip().replace("RIGHT", "n * 7919")
    for word, value in host.items():
        code = code.replace(word, value)
    return code


def contained(code: CodeVerifier, name: str, host: dict[str, str]) -> None:
    verdict = code(code.wrap(program(name, host)), TARGET)
    assert verdict.score == 0, verdict
    assert verdict.status in PROGRAMS[name][0], verdict
    with code.boxes.box() as box:
        end = time.monotonic() + 5
        while box.cpu(1) is not None and len(running(box._process.pid)) > 3:
            assert time.monotonic() < end, (
                "more runs than bubblewrap, the fork server and the judge"
            )
            time.sleep(0.01)
    assert code(code.wrap(HONEST), TARGET).score == 1
    assert not (Path(host["HOME"]) / "left").exists()


@pytest.mark.parametrize("name", PROGRAMS)
def test_hostile_program(name, host):
    contained(CODE, name, host)


class At(CodeVerifier):
    """The code verifier at one level of isolation."""

    def __init__(self, level: Level) -> None:
        super().__init__(limits=LIMITS, strict=level != "rlimits")
        self._own = Boxes(1, only=level)

    @property
    def boxes(self) -> Boxes:
        return self._own


@pytest.mark.parametrize("level", ["unshare", "rlimits"])
def test_hostile_programs_at_other_levels(level, host):
    code = At(level)
    try:
        if code(code.wrap(HONEST), TARGET).status is S.ERROR:
            pytest.skip(f"{level} does not work on this machine")
        for name in OTHER_LEVELS:
            contained(code, name, host)
    finally:
        code.boxes.close()


def test_the_suite_is_large():
    assert len(PROGRAMS) >= 40


STDIO = {"inputs": ["2\n", "5\n"], "outputs": ["15838\n", "39595\n"]}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (S.TIMEOUT, "while True: pass"),
        (S.TIMEOUT, "import time\nprint(int(input()) * 7919, flush=True)\ntime.sleep(99)"),
        (S.WRONG, "while True: print('x' * 1000)"),
        (S.WRONG, "print(int(input()) * 7919)\nraise SystemExit(3)"),
        (S.WRONG, "print(int(input()) * 7919)\n1 / 0"),
        (S.WRONG, "import os\nos._exit(0)"),
        (S.WRONG, "print('15838')"),
        (S.WRONG, "import os\nn = int(input())\nprint(n * 7919)\nos.fork()"),
        (
            S.WRONG,
            "import os\nn = int(input())\nif n == 2:\n open('/tmp/n', 'w')\n print(15838)\n"
            "else:\n print(39595 if os.path.exists('/tmp/n') else 0)",
        ),
        (
            S.WRONG,
            "import os, time\nprint(int(input()) * 7919, flush=True)\nos.close(1)\nos.close(0)\n"
            "while True: pass",
        ),
    ],
)
def test_hostile_programs_on_standard_input(status, code):
    verdict = CODE(CODE.wrap(code), STDIO)
    assert (verdict.score, verdict.status) == (0, status), verdict
    assert CODE(CODE.wrap("print(int(input()) * 7919)"), STDIO).score == 1


def test_all_is_not_ended_early_by_the_program():
    target = {
        "tests": "assert list(map(candidate, [1, 2])) == []\n"
        "assert all(candidate(x) == 3 for x in (1, 2))",
        "entry_point": "f",
    }
    assert CODE(CODE.wrap("def f(n): raise StopIteration"), target).score == 0


def test_helpers_of_the_setup_cannot_be_replaced_by_the_program():
    setup = "class Node:\n    def __init__(s, v): s.v = v\ndef same(a, b): return a.v == b.v\n"
    target = {"setup": setup, "entry_point": "f", "tests": "assert same(candidate(1), Node(2))"}
    code = (
        "same = lambda a, b: True\nclass Node:\n def __init__(s, v): s.v = A()\n"
        "class A:\n __eq__ = lambda s, o: True\ndef f(n): return Node(2)"
    )
    assert CODE(CODE.wrap(code), target).score == 0
    assert CODE(CODE.wrap("def f(n): return Node(n + 1)"), target).score == 1
