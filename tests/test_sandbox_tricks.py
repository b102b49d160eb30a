"""More hostile programs: the protocol, the comparison, signals, threads and files of the judge.

Each was written to score; those that did once say so. As in `test_sandbox_hostile`, the next honest
program has to score 1, at every level of isolation.
"""

from __future__ import annotations

import textwrap

import pytest

from smepo.types import VerdictStatus as S
from smepo.verifiers.code import CodeVerifier
from test_sandbox import works
from test_sandbox_hostile import HONEST, STDIO, TARGET, At

NODE = """
class Node:
    def __init__(self, val=0):
        self.val = val

    def same(self, other):
        return self.val == other.val
"""
NODES = {
    "tests": "assert candidate(2).same(Node(15838))\nassert Node(15838).same(candidate(2))",
    "entry_point": "f",
    "setup": NODE,
}
SORTED = {"tests": "assert candidate([3, 1, 2]) == [1, 2, 3]", "entry_point": "f"}
VALUES = {"inputs": [[2], [5]], "outputs": [15838, 39595], "entry_point": "f"}

PROGRAMS: dict[str, tuple[dict[str, object], str]] = {
    "method_override_remote": (
        NODES,
        """
        class A:
            val = 0
            def __call__(self, other): return True
        def f(n):
            x = Node(0); x.same = A(); return x
        """,
    ),
    "method_override_func": (
        NODES,
        """
        def f(n):
            x = Node(0); x.same = lambda o: True; return x
        """,
    ),
    "class_lie": (
        TARGET,
        """
        class A:
         @property
         def __class__(s): return int
         def __eq__(s,o): return True
         def __hash__(s): return 1
        def f(n): return A()
        """,
    ),
    "eq_on_float": (
        TARGET,
        """
        class A(float):
         def __eq__(s,o): return True
        def f(n): return A(1)
        """,
    ),
    "generator": (
        SORTED,
        """
        def f(n): yield from sorted(n)
        """,
    ),
    "json_patch": (
        TARGET,
        """
        import json
        json.dumps = lambda *a, **k: '{"loaded": true, "value": 15838, "rest": []}'
        import json.encoder
        def f(n): return 0
        """,
    ),
    "codec_patch": (
        TARGET,
        """
        import sys
        m = sys.modules.get('inside.codec')
        class A:
            def __eq__(s, o): return True
        def f(n): return A()
        if m: m.Encoder._node = lambda self, v: ['p', True]
        """,
    ),
    "pickle_reduce": (
        TARGET,
        """
        class A:
         def __reduce__(s): return (eval, ('15838',))
         def __getstate__(s): return 15838
        def f(n): return A()
        """,
    ),
    "class_attr_inject": (
        NODES,
        """
        def f(n):
            x = Node(0); object.__setattr__(x, '__dict__', {'__class__': int, 'val': A()}); return x
        class A:
            def __eq__(s, o): return True
        """,
    ),
    "deep_tuple_crash": (
        TARGET,
        """
        import os, json, struct
        def f(n):
            N=20000
            nodes=[["t"]]+[["t",[i]] for i in range(N)]+[["s",[N]]]
            body=json.dumps({"value":[N+1],"nodes":nodes}).encode()
            m=memoryview(struct.pack('>I',len(body))+body)
            while m: m=m[os.write(3,m):]
            return 0
        """,
    ),
    "huge_frame_memory": (
        TARGET,
        """
        import os, json, struct
        def f(n):
            body=b'{"value":'+b'['*100+b'[],'*1000000+b'[]'+b']'*100+b'}'
            m=memoryview(struct.pack('>I',len(body))+body)
            while m: m=m[os.write(3,m):]
            return 0
        """,
    ),
    "hash_collisions": (
        TARGET,
        """
        def f(n):
            M=(1<<61)-1
            return {i*M for i in range(20000)}
        """,
    ),
    "cyclic": (
        TARGET,
        """
        def f(n):
         x=[]
         x.append(x)
         return x
        """,
    ),
    "cyclic_val": (
        VALUES,
        """
        def f(n):
         x=[]
         x.append(x)
         return x
        """,
    ),
    "deep_list_val": (
        VALUES,
        """
        def f(n):
         x=[]
         for _ in range(10000): x=[x]
         return x
        """,
    ),
    "fds": (
        TARGET,
        """
        import os
        def f(n):
            for fd in range(0, 300):
                for how in (os.read,):
                    try:
                        os.set_blocking(fd, False); d = os.read(fd, 1<<16)
                        if b'15838' in d or b'39595' in d: return n*7919
                    except OSError: pass
            try:
                for x in os.listdir('/proc/self/fd'): return n*7919
            except OSError: pass
            return 0
        """,
    ),
    "proc_mem_parent": (
        TARGET,
        """
        import os
        def f(n):
            for pid in [os.getppid()] + list(range(1, 50000)):
                try:
                    maps = open(f'/proc/{pid}/maps').read()
                except OSError: continue
                if pid != os.getpid():
                    try: open(f'/proc/{pid}/mem','rb'); return n*7919
                    except OSError: pass
            return 0
        """,
    ),
    "pdeathsig": (
        TARGET,
        """
        import ctypes
        def f(n):
            return 0 if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) else n*7919
        """,
    ),
    "fcntl_owner": (
        TARGET,
        """
        import fcntl, os
        def f(n):
            fcntl.fcntl(3, fcntl.F_SETOWN, os.getppid() or 1); return n*7919
        """,
    ),
    "thread_writes_pipe": (
        TARGET,
        """
        import threading, os, json, struct
        body=json.dumps({"value":15838,"rest":[]}).encode()
        def w():
            while True:
                try: os.write(3, struct.pack('>I',len(body))+body)
                except OSError: return
        threading.Thread(target=w,daemon=True).start()
        def f(n): return 0
        """,
    ),
    "pthread": (
        TARGET,
        """
        import ctypes
        libc=ctypes.CDLL(None)
        t=ctypes.c_ulong()
        def f(n):
            sleep = ctypes.cast(libc.sleep, ctypes.c_void_p)
            failed = libc.pthread_create(ctypes.byref(t), None, sleep, ctypes.c_void_p(100))
            return 0 if failed else n*7919
        """,
    ),
    "signal_handler_exit": (
        TARGET,
        """
        import signal, os
        signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        def f(n):
            while 1: pass
        """,
    ),
    "sigstop_server": (
        TARGET,
        """
        import os, signal
        def f(n):
            hit=0
            for pid in (1, os.getppid()):
                try: os.kill(pid, signal.SIGSTOP); hit=1
                except OSError: pass
            return n*7919 if hit and os.getpid()!=1 else 0
        """,
    ),
    "grandchild_pipe": (
        TARGET,
        """
        import os, time
        def f(n):
            if os.fork()==0:
                if os.fork()==0: time.sleep(1000)
                os._exit(0)
            return n*7919
        """,
    ),
    "importlib": (
        TARGET,
        """
        import importlib, sys
        class F:
            def find_spec(self, name, path=None, target=None): return None
        sys.meta_path.insert(0, F()); sys.path_hooks.clear()
        sys.modules['json']=None
        importlib.reload(sys)
        def f(n): return 0
        """,
    ),
    "builtins_isinstance": (
        TARGET,
        """
        import builtins
        builtins.isinstance=lambda *a: True
        builtins.type=lambda *a: int
        builtins.id=lambda x: 0
        builtins.len=lambda x: 0
        def f(n): return 0
        """,
    ),
    "atexit_answer": (
        TARGET,
        """
        import atexit,os,json,struct
        b=json.dumps({'value':15838,'rest':[]}).encode()
        atexit.register(lambda: os.write(3,struct.pack('>I',len(b))+b))
        def f(n): raise SystemExit
        """,
    ),
    "raise_assert_base": (
        TARGET,
        """
        class E(BaseException): pass
        E.__name__='KeyboardInterrupt'
        def f(n): raise E
        """,
    ),
    "stdin_scan": (
        STDIO,
        """
        import os, sys
        n=int(input())
        out=0
        for fd in range(3,64):
            try: os.read(fd,1); out=n*7919
            except OSError: pass
        print(out)
        """,
    ),
    "stdio_fd_reuse": (
        STDIO,
        """
        import os
        n=int(input())
        for fd in range(3,64):
            try:
                os.write(fd,b'x'); print(n*7919); break
            except OSError: pass
        else: print(0)
        """,
    ),
    "stdio_trailing": (
        STDIO,
        """
        n=int(input())
        print(n*7919); print(n*7919+1)
        """,
    ),
    "stdio_cr": (
        STDIO,
        """
        n=int(input())
        print('1\\r'+str(n*7919))
        """,
    ),
}


@pytest.fixture(scope="module", params=["bubblewrap", "unshare", "rlimits"])
def code(request):
    if not works(request.param):
        pytest.skip(f"{request.param} does not work on this machine")
    verifier = At(request.param)
    yield verifier
    verifier.boxes.close()


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_trick_scores(code: CodeVerifier, name: str):
    target, text = PROGRAMS[name]
    verdict = code(code.wrap(textwrap.dedent(text).strip()), target)
    assert verdict.score == 0, verdict
    assert verdict.status in (S.WRONG, S.TIMEOUT), verdict
    assert code(code.wrap(HONEST), TARGET).score == 1


def test_honest_programs_of_the_same_kinds_score(code: CodeVerifier):
    assert code(code.wrap("def f(n): return Node(n * 7919)"), NODES).score == 1
    assert code(code.wrap("def f(xs): return sorted(xs)"), SORTED).score == 1
    assert code(code.wrap(HONEST), VALUES).score == 1
    assert code(code.wrap("print(int(input()) * 7919)"), STDIO).score == 1


def test_threads_that_have_ended_are_not_left_behind(code: CodeVerifier):
    text = """
        from concurrent.futures import ThreadPoolExecutor
        import threading
        def f(n):
            with ThreadPoolExecutor(8) as pool:
                found = list(pool.map(lambda k: k * 7919, range(n + 1)))
            thread = threading.Thread(target=found.append, args=(0,))
            thread.start(); thread.join()
            return found[n]
    """
    assert code(code.wrap(textwrap.dedent(text)), TARGET).detail == code.boxes._levels[0]
