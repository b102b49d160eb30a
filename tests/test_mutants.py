"""Mutants of right programs score 0 (`scripts/mutants.py`; the whole run: `docs/mutants.md`)."""

from __future__ import annotations

import subprocess
import sys

import pytest

import smepo
from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
from mutants import OPERATORS, mutants

CODE = """
def longest(words, least):
    best = ""
    for word in words:
        if len(word) >= least and len(word) > len(best):
            best = word
    if best == "":
        return "none"
    total = 0
    for letter in best:
        total = total + ord(letter) * 3
    return best + str(total % 10)
"""
TESTS = [
    "assert longest([], 0) == 'none'",
    "assert longest(['a'], 2) == 'none'",
    "assert longest(['a'], 1) == 'a1'",
    "assert longest(['ab', 'abc', 'xyz', 'q'], 1) == 'abc2'",
    "assert longest(['ab', 'abc'], 3) == 'abc2'",
    "assert longest(['zzz', 'ab'], 0) == 'zzz8'",
    "assert longest(['', 'b'], 0) == 'b4'",
    "assert longest(['hello', 'help'], 4) == 'hello6'",
]


def test_mutants_differ_from_the_program_and_from_each_other():
    made = mutants(CODE, 60, seed=1)
    assert len({one.code for one in made}) == len(made) >= 40
    assert {one.operator for one in made} == set(OPERATORS)
    assert [one.code for one in mutants(CODE, 60, seed=1)] == [one.code for one in made]
    assert all(one.before or one.after for one in made)
    assert len({one.operator for one in mutants(CODE, 10, seed=3)}) == 10


def test_every_mutant_of_a_well_tested_program_scores_zero():
    code = smepo.verifier("code", timeout=0.5, total=1.0)
    target = {"tests": TESTS, "entry_point": "longest"}
    assert code(code.wrap(CODE), target).score == 1
    made = mutants(CODE, 100, seed=1)
    verdicts = code.many([(code.wrap(one.code), target) for one in made])
    survivors = [(one.before, one.after) for one, v in zip(made, verdicts, strict=True) if v.score]
    assert survivors == []
    assert {v.status for v in verdicts} <= {"wrong", "timeout"}


@pytest.mark.data
def test_a_few_solutions_by_the_script(public, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- table of mutate_solutions.py -->\n<!-- end of the table -->\nz\n")
    command = [sys.executable, ROOT / "scripts/mutate_solutions.py", public, "--solutions", "4"]
    done = subprocess.run([*command, "--inputs", "100", "--write", page], check=False)
    assert done.returncode == 0
    text = page.read_text()
    assert "| **all** | 40 |" in text
    assert text.endswith("<!-- end of the table -->\nz\n")


@pytest.mark.data
def test_references_by_the_script(public):
    command = [sys.executable, ROOT / "scripts/code_references.py", public, "--sample", "12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("| 12 | 12 | - |") == 4
