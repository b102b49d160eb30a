"""The bundled samples: enough of them, of the right shape, and right."""

import json
import re
import subprocess
import sys
from fractions import Fraction

import pytest

from smepo import samples
from smepo.errors import InputError

# Each target of the math samples once more, computed and not copied from the trace.
MATH = {
    "math-01": 7 * 48 * 9 * 5,
    "math-02": Fraction(14 * 24, 2 * 8),
    "math-03": 11 + 12 - 5,
    "math-04": Fraction(3, 4) * Fraction(5, 2),
    "math-07": 17 + 16 * Fraction(42 - 17, 9 - 4),
    "math-09": Fraction(4 * 3, 12 * 11),
    "math-10": Fraction(126_000, 105 * 60),
    "math-11": 2 * (Fraction(91, 7) + 4),
    "math-12": max(x for x in range(-20, 20) if x * x - 5 * x - 14 == 0),
    "math-16": 80 * Fraction(115, 100) * Fraction(75, 100),
    "math-17": sum(360 % d == 0 for d in range(1, 361)),
    "math-18": pow(7, 100, 5),
    "math-19": 7 * 13 - 6 * Fraction("12.5"),
    "math-20": Fraction(50 * 40 * 30 * 2, 3 * 1000),
    "math-21": 2**3 + 2**2,
    "math-22": 84 - 10,
    "math-23": 1 - Fraction(18, 24),
    "math-24": (40 // 5).bit_length() - 1,
    "math-26": next(p for p in range(99) if 3 * p + 8 == 2 * (p + 8)),
    "math-27": Fraction(1, 2) + Fraction(1, 2) + 1,
    "math-28": 4 * 6 - 7 * 2,
    "math-29": (360 // 45 - 1) * 20,
    "math-33": Fraction(1250) / Fraction(5, 2) * 7,
    "math-34": 2 * 3**2 - 3 * 3 + 1,
}
# The ones that are no single number: their targets, and why they hold.
OTHER = {
    "math-05": (r"49\pi", (14 / 2) ** 2 == 49),
    "math-06": (r"6\sqrt{5}", 6**2 + 12**2 == 6**2 * 5),
    "math-08": ("C", 2**10 - 2**8 == 768),
    "math-13": ("(3, 7)", 2 * 3 + 1 == 7 == -3 + 10),
    "math-14": ("(x-3y)(x+3y)", (5 - 3 * 2) * (5 + 3 * 2) == 5**2 - 9 * 2**2),
    "math-15": (r"\frac{2a^2}{3b}", Fraction(6 * 5**3 * 7, 9 * 5 * 7**2) == Fraction(2 * 25, 21)),
    "math-25": (r"25\sqrt{3}", (10 / 2) ** 2 * 3 == 10**2 - 5**2),
    "math-30": (r"(-\infty, 8)", 2 * 8 - 7 == 9),
    "math-31": (r"\text{Wednesday}", (24 - 1) % 7 == 2),
    "math-32": ("16.7", round(100 * 6 / 36, 1) == 16.7),
}


def number(target: str) -> Fraction:
    return Fraction(re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", target))


def test_there_are_enough_of_each():
    sizes = {domain: len(samples.load(domain)) for domain in samples.DOMAINS}
    assert sizes["math"] >= 30
    assert sizes["code"] >= 18
    assert sizes["search"] >= 18
    assert sum(sizes.values()) >= 66


@pytest.mark.parametrize("domain", samples.DOMAINS)
def test_rows_are_complete_and_ids_unique(domain):
    rows = samples.load(domain)
    assert len({row.id for row in rows}) == len(rows)
    assert all(row.question and row.target and row.traces[0] for row in rows)


def test_unknown_domain():
    with pytest.raises(InputError, match="poetry"):
        samples.load("poetry")


def test_math_targets_are_right():
    rows = {row.id: row.target for row in samples.load("math")}
    assert set(rows) == set(MATH) | set(OTHER)
    for key, value in MATH.items():
        assert number(rows[key]) == value, key
    for key, (target, holds) in OTHER.items():
        assert rows[key] == target, key
        assert holds, key


def test_math_traces_end_in_their_target():
    """The answer stands in the last line, so a trace that is shown whole gives it away."""
    spoken = {"math-11": "thirty-four", "math-33": "3,500"}
    for row in samples.load("math"):
        last = row.traces[0].strip().splitlines()[-1]
        assert spoken.get(row.id, row.target) in last, row.id


def code_of(trace: str) -> str:
    """The solution of a trace: its first fenced block, or else its indented block."""
    fenced = re.search(r"(```|~~~)python\n(.*?)\n\1", trace, re.S)
    if fenced:
        return fenced.group(2)
    lines = [line for line in trace.splitlines() if line.startswith("    ") or not line]
    return "\n".join(line[4:] for line in lines)


def test_code_solutions_pass_their_tests():
    rows = samples.load("code")
    programs = [
        f"scope = {{}}\nexec({code_of(row.traces[0])!r}, scope)\n"
        f"assert {row.target['entry_point']!r} in scope\n"
        f"exec({row.target['tests']!r}, scope)\nprint({row.id!r})\n"
        for row in rows
    ]
    ran = subprocess.run(
        [sys.executable, "-I", "-c", "\n".join(programs)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout.split() == [row.id for row in rows], ran.stderr


def test_code_tests_reject_a_stub():
    """The tests can fail: a function that returns nothing passes none of them."""
    for row in samples.load("code"):
        scope = {row.target["entry_point"]: lambda *_: None}
        with pytest.raises((AssertionError, AttributeError, TypeError)):
            exec(row.target["tests"], scope)


def test_search_answers_stand_in_their_traces():
    for row in samples.load("search"):
        trace = row.traces[0]
        whole = trace if isinstance(trace, str) else json.dumps(trace)
        assert isinstance(row.target, list)
        assert row.target[0] in whole, row.id
        announced = re.search(
            r"finish\[(.*?)\]|<answer>(.*?)</answer>|\"answer\": \"(.*?)\"", whole, re.S
        )
        assert announced, row.id
        assert next(filter(None, announced.groups())) in row.target, row.id


def test_search_has_text_tags_and_messages():
    traces = [row.traces[0] for row in samples.load("search")]
    assert any(isinstance(trace, list) for trace in traces)
    assert any(isinstance(trace, str) and "<search>" in trace for trace in traces)
    assert any(isinstance(trace, str) and "Action: search[" in trace for trace in traces)
