"""Fuzz the masks and the audit of all domains; what breaks a law is written down once.

    pip install atheris && SMEPO_PURE=1 python scripts/fuzz.py --seconds 1200 --findings findings

Needs the modules as plain Python, as only those can be instrumented. Each input is a trace made of
pieces of a dictionary, of the samples and of raw text, masked in a random mode. Checked are law 5
(outside the blanks nothing changes; blanks are in order; LaTeX, JSON lines and tags stay valid),
law 8 (time) and that nothing raises. A finding is a JSON file with the arguments that repeat it:

    python scripts/fuzz.py --repeat findings/*.json
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import os
import random
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).resolve().parent.parent / "src" / "smepo"
PLACEHOLDER = re.compile(r"\[[A-Z]+(_\d+)?\]")
LONGEST = 6000  # code points of a trace
SECONDS = 1.0  # of processor time for one
TAG = re.compile(r"</?([a-z_]+)>")
DOMAINS = ("math", "code", "search")
MODES = ("critical-path", "critical-path", "paper", "random")

SHARED = (
    "\n", "\n\n", " ", ".", ", ", ": ", "(", ")", "[", "]", "{", "}", "'", '"', "\\", "/", "-",
    "−", "1", "42", "3.14", "1,000", "١٢", "½", "²", "三", "twelve", "one half", "Step 1\n", "1. ",
    "- ", "[NUMBER]", "[ENTITY_2]", "[CODE", "The answer is ", "Answer:", "**", "yes", "\ud800",
    "\x00", "\u200b", "\r\n", "\t", "é", "I\u0307", "ﬁ", "𝟙", "<think>", "</think>", "<answer>",
    "</answer>",
)  # fmt: skip
DICTIONARY = {
    "math": (
        "$", "$$", r"\(", r"\)", r"\[", r"\]", r"\frac{", r"\frac12", r"\dfrac{3}{4}", r"\sqrt[",
        r"\sqrt{", r"\boxed{", r"\fbox{", r"\text{", r"\left(", r"\right)", r"\begin{align*}",
        r"\end{align*}", r"\\", "&", "=", r"\approx", r"\cdot", r"\times", "+", "^", "_", "^{",
        "_{", "x", "n!", "10%", r"\%", r"\$", "####", "<<3*4=12>>", "Equation (4)", r"^\circ",
        "1e5", "{,}", r"\,", r"\pi", r"\ln", "XIV", "(A)", "3:4", "is", "gives", "of", "percent",
        r"\pmatrix{1&2}",
    ),
    "code": (
        "```", "```python\n", "\n```\n", "~~~", "````", "    ", "\t", "> ", "def f(x):\n",
        "return x", "class A:\n", "for i in range(n):\n", "if x == 1:", "else:", "import os\n",
        "lambda", "#", "`", "x = 1", "dp[i] = dp[i-1] + 1", "O(n log n)", "f(n) = f(n-1)", '"""',
        "<code>", "</code>", "<pre>", "</pre>", r"\begin{lstlisting}", r"\end{lstlisting}",
        "int main() {", "};", "->", "@", "assert f(1) == 2", "print(", "while True:\n", "try:\n",
        "except:\n", "&lt;", ";", "//", "/*",
    ),
    "search": (
        "Thought: ", "Action: ", "Action Input: ", "Observation: ", "Thought 1: ", "search[",
        "finish[", "Finish[", "lookup[", "<search>", "</search>", "<information>",
        "</information>", "<tool_call>", "</tool_call>",
        '{"name": "search", "arguments": {"query": "', '"}}', '{"a": [', "null", "\\u00e9", '\\"',
        '\\n', "Tilda Varrow", "T. Varrow", "Varrow's", "the Lantern Bridge", "Orsholm", "1904",
        "May 3, 1904", "3 May 1904", "New York", "U.S.", "de la Cruz", "O'Neil", "Jr.", "and",
        "No",
    ),
}  # fmt: skip


def samples(domain: str) -> list[dict[str, Any]]:
    """Rows of the package's samples: questions, targets and pieces of traces."""
    lines = (SOURCES / "samples" / f"{domain}.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [row for row in rows if isinstance(row["trace"], str)]


class Choices:
    """The fuzzer's bytes as choices, so that a change of a byte is a change of one choice."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, below: int) -> int:
        width = 1 if below <= 256 else 2
        piece = self.data[self.at : self.at + width]
        self.at += width
        return int.from_bytes(piece, "little") % below

    def one(self, items: Any) -> Any:
        return items[self.number(len(items))]

    @property
    def left(self) -> int:
        return len(self.data) - self.at


def make(data: bytes, rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The arguments of one call."""
    choices = Choices(data)
    domain = choices.one(DOMAINS)
    row = choices.one(rows[domain])
    arguments = {
        "domain": domain,
        "mode": choices.one(MODES),
        "placeholders": choices.one((None, "indexed", "plain")),
        "question": choices.one((row["question"], "", "Is 3 or 42 or Varrow more than twice 12?")),
        "target": row["target"],
        "level": choices.one(("block", "skeleton")),
        "audit": choices.number(8 if domain != "code" else 24) == 1,
    }
    pieces: list[str] = []
    while choices.left > 0 and sum(map(len, pieces)) < LONGEST:
        kind = choices.number(8)
        if kind < 3:
            pieces.append(choices.one(DICTIONARY[domain]))
        elif kind < 5:
            pieces.append(choices.one(SHARED))
        elif kind == 5:
            trace = choices.one(rows[domain])["trace"]
            start = choices.number(min(len(trace), 1 << 16))
            pieces.append(trace[start : start + choices.number(200)])
        elif kind == 6 and pieces:
            pieces.append(pieces[-1] * choices.number(40))
        else:
            pieces.append(chr(choices.number(1 << 16)))
    return {**arguments, "trace": "".join(pieces)[:LONGEST]}


def run(arguments: dict[str, Any]) -> None:
    """Mask, perhaps audit; raises AssertionError for a broken law, or whatever is raised inside."""
    from smepo.masking import mask_trace

    given = {k: v for k, v in arguments.items() if k not in ("trace", "audit", "level")}
    detected = arguments["domain"] == "code" and arguments["mode"] == "critical-path"
    if detected and "level" in inspect.signature(mask_trace).parameters:
        given["level"] = arguments["level"]
    trace = arguments["trace"]
    began = time.process_time()
    masked = mask_trace(trace, **given)
    assert time.process_time() - began < SECONDS, "slow mask"
    unchanged_outside(trace, masked)
    if arguments["mode"] == "critical-path":
        still_valid(trace, masked.text, arguments["domain"])
    if arguments["audit"] and verifier(arguments["domain"]) is not None:
        from smepo.auditing import audit

        began = time.process_time()
        audit(masked, verifier=verifier(arguments["domain"]))
        assert time.process_time() - began < 3 * SECONDS, "slow audit"


VERIFIERS: dict[str, Any] = {}


def verifier(domain: str) -> Any:
    """The verifier of a domain, kept; None where it cannot run here."""
    if domain not in VERIFIERS:
        import smepo
        from smepo.errors import SmepoError

        options = {"workers": 1, "timeout": 1.0} if domain == "math" else {}
        try:
            VERIFIERS[domain] = smepo.verifier(domain, **options)
        except SmepoError as error:
            print(f"no audit of {domain}: {error}", flush=True)
            VERIFIERS[domain] = None
    return VERIFIERS[domain]


def unchanged_outside(trace: str, masked: Any) -> None:
    pieces, at = [], 0
    for blank in masked.blanks:
        assert at <= blank.start < blank.end, "blanks overlap or are out of order"
        assert trace[blank.start : blank.end] == blank.text, "a blank does not point at its text"
        assert PLACEHOLDER.fullmatch(blank.placeholder), "odd placeholder"
        pieces += [trace[at : blank.start], blank.placeholder]
        at = blank.end
    assert "".join([*pieces, trace[at:]]) == masked.text, "changed outside of the blanks"


def still_valid(trace: str, text: str, domain: str) -> None:
    if domain == "math" and latex_is_balanced(trace):
        assert latex_is_balanced(text), "LaTeX balance is broken"
    if domain == "search":
        before, after = trace.split("\n"), text.split("\n")
        if len(before) == len(after):
            for old, new in zip(before, after, strict=True):
                assert not is_json(old) or is_json(new), "a JSON line is broken"
        if tags_are_nested(trace):
            assert tags_are_nested(text), "tags are broken"


def latex_is_balanced(text: str) -> bool:
    """Braces, `$`, `\\left`, environments: each opened is closed, in order."""
    bare = re.sub(r"\\[\\{}$%]", " ", text)
    stack: list[str] = []
    for found in re.finditer(r"\\(begin|end)\{([^{}]*)\}|\\left\b|\\right\b|[{}]|\$\$?", bare):
        sign = found[0]
        if sign in ("$", "$$"):
            if stack and stack[-1] == sign:
                stack.pop()
            else:
                stack.append(sign)
        elif sign in ("{", r"\left") or found[1] == "begin":
            stack.append("{" if sign == "{" else found[2] or "left")
        else:
            wanted = "{" if sign == "}" else found[2] or "left"
            if not stack or stack.pop() != wanted:
                return False
    return not stack


def tags_are_nested(text: str) -> bool:
    stack: list[str] = []
    for found in TAG.finditer(text):
        if found[0][1] != "/":
            stack.append(found[1])
        elif not stack or stack.pop() != found[1]:
            return False
    return not stack


def is_json(line: str) -> bool:
    try:
        return line.startswith("{") and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


class Harness:
    """Runs inputs and keeps one finding a place in the code."""

    def __init__(self, folder: Path, until: float) -> None:
        self.folder = folder
        self.until = until
        self.rows = {domain: samples(domain) for domain in DOMAINS}
        self.inputs = 0
        self.seen: set[str] = set()

    def __call__(self, data: bytes) -> None:
        self.inputs += 1
        arguments = make(data, self.rows)
        try:
            run(arguments)
        except Exception as error:  # whatever it is, it is the finding
            self.note(arguments, error)
        if time.monotonic() > self.until:
            print(f"{self.inputs} inputs, {len(self.seen)} findings", flush=True)
            os._exit(0)  # libFuzzer would take an exit for a crash

    def note(self, arguments: dict[str, Any], error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{arguments['domain']} {type(error).__name__} {Path(last.filename).name}"
        said += f":{last.lineno}" if not isinstance(error, AssertionError) else f" {error}"
        if said in self.seen:
            return
        self.seen.add(said)
        arguments = smaller(arguments, type(error), str(error))
        name = hashlib.sha256(said.encode()).hexdigest()[:12]
        self.folder.mkdir(parents=True, exist_ok=True)
        note = {"said": said, "error": str(error)[:500], "arguments": arguments}
        (self.folder / f"{name}.json").write_text(json.dumps(note, indent=1))
        print("finding:", said, repr(arguments["trace"][:200]), flush=True)


def smaller(arguments: dict[str, Any], kind: type, said: str) -> dict[str, Any]:
    """The same finding with a shorter trace: pieces are cut out while it stays."""
    deadline = time.monotonic() + 10

    def fails(trace: str) -> bool:
        try:
            run({**arguments, "trace": trace})
        except Exception as error:
            return type(error) is kind and (kind is not AssertionError or str(error) == said)
        return False

    trace = arguments["trace"]
    width = len(trace) // 2
    while width and time.monotonic() < deadline:
        at = 0
        while at < len(trace) and time.monotonic() < deadline:
            shorter = trace[:at] + trace[at + width :]
            if fails(shorter):
                trace = shorter
            else:
                at += width
        width //= 2
    return {**arguments, "trace": trace}


def fuzz(harness: Callable[[bytes], None], seed: int) -> None:
    try:
        import atheris
    except ImportError:
        print("atheris is not here: random inputs, without the guide of coverage", flush=True)
        drawn = random.Random(seed)
        while True:
            harness(drawn.randbytes(drawn.randrange(8, 400)))
    with atheris.instrument_imports(include=["smepo"]):
        import smepo.auditing
        import smepo.masking
        import smepo.masking.code
        import smepo.masking.math
        import smepo.masking.search  # noqa: F401
    drawn = random.Random(seed)
    with tempfile.TemporaryDirectory() as seeds:
        for number in range(200):
            (Path(seeds) / str(number)).write_bytes(drawn.randbytes(drawn.randrange(8, 400)))
        options = ["-max_len=600", "-len_control=0", f"-seed={seed}", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *options, seeds], harness)
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=Path, nargs="*", help="findings to look at again")
    args = parser.parse_args()
    if args.repeat:
        for path in args.repeat:
            note = json.loads(path.read_text())
            try:
                run(note["arguments"])
                print(f"{path.name}: gone ({note['said']})")
            except Exception as error:
                print(f"{path.name}: {note['said']}: {type(error).__name__} {str(error)[:200]}")
        return
    fuzz(Harness(args.findings, time.monotonic() + args.seconds), args.seed)


if __name__ == "__main__":
    main()
