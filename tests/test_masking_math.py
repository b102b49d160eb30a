"""The math mask as examples: what is hidden, what stays, and the laws that hold for any text."""

import json
import random
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smepo import mask
from smepo.masking import mask_trace
from smepo.masking.math import lexer
from smepo.types import Kind, Role

# question, trace, masked trace
EXAMPLES = {
    "labels and givens stay, results go": (
        "A crate holds 8 rows of 9 jars. How many jars?",
        "Step 1: multiply 8*9.\nStep 2: 8*9 = 72.\nThe answer is \\boxed{72}.",
        "Step 1: multiply 8*9.\nStep 2: 8*9 = [NUMBER_1].\nThe answer is \\boxed{[NUMBER_1]}.",
    ),
    "a result goes even if the question states its value": (
        "A team of 11 has 6 girls. Add 6 and 5.",
        "Adding: 6+5=11 players.",
        "Adding: 6+5=[NUMBER_1] players.",
    ),
    "a restated quantity stays": (
        "A circle has radius 7. Find its diameter.",
        "The radius is 7. The diameter is 14.",
        "The radius is 7. The diameter is [NUMBER_1].",
    ),
    "an assignment that restates stays, a solved variable goes": (
        "What is 3x + 2 for x = 5?",
        "With x = 5 we get 3x + 2 = 17, so y = 17.",
        "With x = 5 we get 3x + 2 = [NUMBER_1], so y = [NUMBER_1].",
    ),
    "a division is not a form of its quotient": (
        "Ben has 20 dollars and buys 5 bars; a bar is 4 dollars less than a box.",
        "He pays 35 / 7 = 5 dollars.",
        "He pays [NUMBER_1] / [NUMBER_2] = [NUMBER_3] dollars.",
    ),
    "half states the 2 that divides": (
        "Half of 60 pupils sing. How many?",
        "That is 60/2 = 30 pupils.",
        "That is 60/2 = [NUMBER_1] pupils.",
    ),
    "percent states its share": (
        "What is 20% of 50?",
        "We compute 0.2 * 50 = 10 and 20/100 * 50 = 10.",
        "We compute 0.2 * 50 = [NUMBER_1] and 20/100 * 50 = [NUMBER_1].",
    ),
    "units and degrees stay": (
        "Two angles are 50 and 60 degrees. Find the third.",
        "It is 180^\\circ - 50^\\circ - 60^\\circ = 70^\\circ.",
        "It is [NUMBER_1]^\\circ - 50^\\circ - 60^\\circ = [NUMBER_2]^\\circ.",
    ),
    "quantities with units are added, not announced": (
        "She had 240 cards and gave away 16.",
        "Left are 240 cards - 16 cards = 224 cards.",
        "Left are 240 cards - 16 cards = [NUMBER_1] cards.",
    ),
    "subscripts and exponents of names stay": (
        "Let a_1 = 2 and a_{n+1} = 2a_n + 3. Find a_3.",
        "a_2 = 2a_1 + 3 = 7, and x^2 stays.",
        "a_2 = 2a_1 + 3 = [NUMBER_1], and x^2 stays.",
    ),
    "a general formula stays": (
        "What is the volume of a ball of radius 6?",
        "The volume is \\frac{4}{3}\\pi r^3. With r = 6 it is 288\\pi.",
        "The volume is \\frac{4}{3}\\pi r^3. With r = 6 it is [NUMBER_1].",
    ),
    "choices": (
        "Which is even? (A) 3 (B) 4 (C) 5",
        "Only the second is even, so the answer is (B).",
        "Only the second is even, so the answer is [CHOICE_1].",
    ),
    "words answer too": (
        "Which day comes after Friday?",
        "It comes next. The answer is Saturday.",
        "It comes next. The answer is [ANSWER_1].",
    ),
    "a heading is no conclusion": (
        "Add 1 and 5.",
        "#### Step 2: add them\n1 + 5 = 6\n#### 6",
        "#### Step 2: add them\n1 + 5 = [NUMBER_1]\n#### [NUMBER_1]",
    ),
    "coordinates are no thousands": (
        "Reflect (125,375) in the y-axis.",
        "The image is (-125,375).",
        "The image is [EXPR_1].",
    ),
    "ordinals and sequence words stay": (
        "Take 3 and add 4.",
        "First, take the 2nd number. Second, add: 3 + 4 = 7.",
        "First, take the 2nd number. Second, add: 3 + 4 = [NUMBER_1].",
    ),
    "a figure is hidden whole": (
        "Find the area of the square in the figure, side 3.",
        "[asy]draw((0,0)--(9,0));[/asy] The area is 3^2 = 9.",
        "[CODE_1] The area is 3^2 = [NUMBER_1].",
    ),
    "a literal placeholder is not taken for a blank": (
        "Add 2 and 2.",
        "Ignore [NUMBER_1]: 2 + 2 = 4",
        "Ignore [EXPR_1]: 2 + 2 = [NUMBER_1]",
    ),
    "derivations end in a hidden expression": (
        "Factor z^2 - 9.",
        "z^2 - 9 = z^2 - 3^2 = (z-3)(z+3).",
        "z^2 - 9 = z^2 - [NUMBER_1]^2 = [EXPR_1].",
    ),
    "numbers in every dress": (
        "How many?",
        "It is 1.2 x 10^5, 0.1\\overline{6}, ＋７, twenty-one dozen, 1\\,234 and \\frac12.",
        "It is [NUMBER_1], [NUMBER_2], ＋[NUMBER_3], [NUMBER_4], [NUMBER_5] and [NUMBER_6].",
    ),
    "ordinals stay, unless they answer": (
        "Which term is it?",
        "Take the twenty-first and the 3rd term. The answer is the 21st.",
        "Take the twenty-first and the 3rd term. The answer is the [NUMBER_1]st.",
    ),
    "numbers of equations, items and sections stay": (
        "Solve it.",
        "\\item[2.] a + b = 7 ... (1)\nBy Theorem 2.1.3 on page 12, v2.0: from (1), a = 5.",
        "\\item[2.] a + b = [NUMBER_1] ... (1)\n"
        "By Theorem 2.1.3 on page 12, v2.0: from (1), a = [NUMBER_2].",
    ),
    "quantities in a row are restated": (
        "A box has length 8 and width 5. What is its area?",
        "With length = 8, width = 5 the area is 8*5 = 40.",
        "With length = 8, width = 5 the area is 8*5 = [NUMBER_1].",
    ),
    "complex numbers, powers of e and vectors are values": (
        "Find z and w.",
        "Then z = 3+4i, so w = 2e^2. The vector is \\langle 1,7\\rangle, its area is 9\\pi^2.",
        "Then z = [EXPR_1], so w = [EXPR_2]. The vector is [EXPR_3], its area is [EXPR_4].",
    ),
    "an answer that is an equation keeps its left side": (
        "Find the line.",
        "The answer is y = 3x.",
        "The answer is y = [EXPR_1].",
    ),
    "quoted answers, and answers before a comma": (
        "Which day is it?",
        'The answer is "Monday". The answer is simple, as it is the answer is Monday, that is all.',
        'The answer is "[ANSWER_1]". The answer is simple, as it is the answer is [ANSWER_1], '
        "that is all.",
    ),
    "a sum of variables is a result": (
        "Simplify a + 2b - b.",
        "It simplifies to $a + b$.",
        "It simplifies to $[EXPR_1]$.",
    ),
    "chinese fractions and decimals are one value, times of day are none": (
        "多少？",
        "答案的二分之一，即零点五。三点五十分，两点一线。",
        "答案的[NUMBER_1]，即[NUMBER_1]。[NUMBER_2]点[NUMBER_3]分，[NUMBER_4]点[NUMBER_5]线。",
    ),
    "a value that has its own line is no list number": (
        "Add it up.",
        "1. Add them.\n2. Then the sum is\n12. So it goes.\n\n42. So the answer is\n42. ",
        "1. Add them.\n2. Then the sum is\n[NUMBER_1]. So it goes.\n\n"
        "[NUMBER_2]. So the answer is\n[NUMBER_2]. ",
    ),
    "list numbers have neighbours": (
        "Add it up.",
        "As follows.\n3. Add them.\n- 41. Count.\n- 42. Go on.\n2.1. Carry.\n2.2. Check.\n7. End.",
        "As follows.\n3. Add them.\n- 41. Count.\n- 42. Go on.\n2.1. Carry.\n2.2. Check.\n7. End.",
    ),
    "underscores emphasize, group digits or open an index": (
        "How many?",
        "The answer is _42_, so _43 eggs_ or *_1,234_* and 1_234. Take 11_2 and \\log _2 x, x_{1}",
        "The answer is _[NUMBER_1]_, so _[NUMBER_2] eggs_ or *_[NUMBER_3]_* and [NUMBER_3]. "
        "Take [NUMBER_4]_2 and \\log _2 x, x_{1}",
    ),
    "roman numerals that answer are numbers": (
        "Write 14 as a roman numeral.",
        "As a roman numeral it is XIV. The answer is XIV.",
        "As a roman numeral it is [NUMBER_1]. The answer is [NUMBER_1].",
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_scores_is_hidden_and_the_rest_stays(name):
    question, trace, expected = EXAMPLES[name]
    assert mask_trace(trace, domain="math", question=question).text == expected


@pytest.mark.parametrize(
    "trace",
    ["Hence ~ is correct.", "I pick **~**", "So we choose ~", "~ is the answer.", "So (~).",
     "Therefore, $\\mathrm{(~)}$", "We add.\n\n~", "\\boxed{~}. So it's ~.", "Thus ~.\nDone.",
     "So I go with **~**.", "Therefore **(~)** is the right choice.", "Answer - ~",
     "The correct letter is ~.", "Final: **~**", "We add.\n**(~)**\n"],
)  # fmt: skip
def test_a_choice_in_a_sentence_is_hidden(trace):
    masked = mask_trace(trace.replace("~", "C"), domain="math", question="Which is it?")
    assert "C" not in masked.text.replace("CHOICE", "")
    assert {blank.kind for blank in masked.blanks} == {Kind.CHOICE}


@pytest.mark.parametrize(
    "trace",
    ["Hence C is the midpoint.", "So A and B meet.", "We choose C on the line.", "So C = D.",
     "Let it meet the circle in\nC\nand go on.", "Thus A, B, C are collinear.", "A is the set."],
)  # fmt: skip
def test_points_and_sets_stay(trace):
    assert mask_trace(trace, domain="math", question="Prove it.").text == trace


def test_the_last_sentence_states_the_verdict():
    trace = "If n is odd, then n + n is even. Hence the statement is **false**."
    masked = mask_trace(trace, domain="math", question="Is it true?")
    assert masked.text == trace.replace("false", "[ANSWER_1]")


def test_a_blank_says_what_it_hides():
    (blank,) = mask_trace("2 + 2 = 4", domain="math", question="Add 2 and 2.").blanks
    assert (blank.kind, blank.role, blank.text) == (Kind.NUMBER, Role.CONCLUSION, "4")
    assert (blank.start, blank.end, blank.placeholder) == (8, 9, "[NUMBER_1]")


def test_the_paper_mode_hides_every_number_with_plain_placeholders():
    masked = mask_trace("Step 1: 6*7 = 42", domain="math", question="What is 6*7?", mode="paper")
    assert masked.text == "Step 1: [NUMBER]*[NUMBER] = [NUMBER]"


def test_the_random_mode_hides_about_as_much_and_is_seeded():
    trace = "First add the apples: 120 + 345 = 465. Then subtract: 465 - 17 = 448 apples remain."
    critical = mask_trace(trace, domain="math", question="")
    one, same, other = (
        mask_trace(trace, domain="math", mode="random", seed=seed) for seed in (1, 1, 2)
    )
    hidden = [sum(len(b.text) for b in m.blanks) for m in (critical, one)]
    assert one.text == same.text != other.text
    assert abs(hidden[0] - hidden[1]) <= 9


def test_masks_do_not_depend_on_the_target(public):
    """Law 4: before the audit, byte-identical for the true and for a random target."""
    rows = json.loads((public / "math" / "scaf800.json").read_text())
    for row in random.Random(0).sample(rows, 200):
        true, other = (
            mask_trace(row["full_reasoning"], domain="math", question=row["query"], target=target)
            for target in (row["ground_truth"], str(random.Random(1).randrange(1000)))
        )
        assert true.text == other.text
        assert true.blanks == other.blanks


def test_the_shared_cases_hold(public):
    """With the audit, as a user masks; the checker is the one that came with the cases."""
    tools = public.parent / "tools" / "check_cases.py"
    done = subprocess.run([sys.executable, tools], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


PLAIN = """
import importlib.machinery, json, sys

class Sources:
    \"\"\"Finds the package's sources and passes by what was compiled of them.\"\"\"

    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] != "smepo":
            return None
        loader = importlib.machinery.SourceFileLoader, [".py"]
        finders = [importlib.machinery.FileFinder(p, loader) for p in path or sys.path]
        return next(filter(None, (finder.find_spec(name) for finder in finders)), None)

sys.meta_path.insert(0, Sources)
from smepo import mask
from smepo.masking import mask_trace
from smepo.masking.math import lexer

assert lexer.__file__.endswith(".py")
cases = json.load(sys.stdin)
masks = [[mask_trace(t, domain="math", question=q, mode=m) for m in ("critical-path", "paper")]
         for q, t in cases]
json.dump([[[m.text, m.blanks] for m in pair] for pair in masks], sys.stdout)
"""


def test_compiled_and_plain_modules_give_the_same_masks(public):
    if lexer.__file__.endswith(".py"):
        pytest.skip("nothing is compiled")
    rows = json.loads((public / "math" / "scaf800.json").read_text())
    cases = [(question, trace) for question, trace, _ in EXAMPLES.values()]
    cases += [("", trace[:2000]) for name, trace in HOSTILE.items() if name != "surrogates"]
    cases += [(row["query"], row["full_reasoning"]) for row in random.Random(2).sample(rows, 150)]
    done = subprocess.run(
        [sys.executable, "-c", PLAIN], input=json.dumps(cases), capture_output=True, check=True,
        text=True,
    )  # fmt: skip
    for (question, trace), plain in zip(cases, json.loads(done.stdout), strict=True):
        for mode, (text, blanks) in zip(("critical-path", "paper"), plain, strict=True):
            masked = mask_trace(trace, domain="math", question=question, mode=mode)
            assert masked.text == text
            assert [list(blank) for blank in masked.blanks] == blanks


PIECES = st.sampled_from(
    ["Step 1: ", "so ", "x = ", "12", "-3", " + ", "\\frac{1}{2}", "\\boxed{7}", "$", "{", "}", "(",
     ")", "\\sqrt{", "the answer is ", "\n", ", ", "½", "twenty-one", "####", "^", "_", "\\text{",
     "<<", ">>", "=", "四十二", "[NUMBER_1]", "\\begin{pmatrix}", "&", "\\\\", "a", "0.5", ".", "!"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join))


@settings(max_examples=120, deadline=None)
@given(trace=TEXTS, question=TEXTS)
def test_outside_the_blanks_the_text_is_the_trace(trace, question):
    """Law 5, on any text."""
    masked = mask_trace(trace, domain="math", question=question)
    at, rebuilt = 0, []
    for blank in masked.blanks:
        assert at <= blank.start < blank.end
        assert trace[blank.start : blank.end] == blank.text
        rebuilt += [trace[at : blank.start], blank.placeholder]
        at = blank.end
    assert "".join([*rebuilt, trace[at:]]) == masked.text


HOSTILE = {
    "frac and digits": "\\frac{" + "7" * 400_000,
    "nested frac": "\\frac{1" * 60_000,
    "roots": "\\sqrt[1" * 60_000,
    "labels": "Step 1\n" * 60_000,
    "braces": "{" * 400_000,
    "brackets": "([{" * 130_000,
    "one word": "a" * 400_000,
    "fences": "```\n" * 100_000,
    "boxes": "\\boxed{" * 60_000,
    "dollars": "$" * 400_000,
    "equals": "=1" * 200_000,
    "words": "twenty-" * 60_000,
    "answers": "the answer is " * 30_000,
    "asy": "[asy]" * 80_000,
    "scripts": "aя字1" * 100_000,
    "mixed numbers": "1½" * 100_000,
    "parentheses": "(1" * 100_000,
    "a chain": "x" + "=x+1" * 60_000,
    "number words": "one and " * 40_000,
    "relations": "<=" * 150_000,
    "answers over lines": "answer:" + " \n" * 150_000,
    "a long chinese numeral": "三" * 400_000,
    "chinese points": "三点五分之" * 60_000,
    "list numbers": "42. \n" * 80_000,
    "underscores": " _1" * 130_000,
    "choices": "So " * 60_000 + "(C). " * 60_000 + "C**" * 60_000,
    "surrogates": "\ud800\x00" * 200_000,
}


def seconds(text):
    """Processor seconds to mask ``text``."""
    began = time.process_time()
    mask_trace(text, domain="math", question=text[:1000])
    return time.process_time() - began


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_linear_time(name):
    """Law 8: four times the text takes four times as long, and not sixteen times."""
    short, long = HOSTILE[name][:20_000], HOSTILE[name][:80_000]
    assert any(seconds(long) < 7 * seconds(short) + 0.05 for _ in range(3))


@pytest.mark.parametrize(
    ("trace", "masked"),
    [
        ("y = \\log xy, so go on.", "y = \\log xy, so go on."),
        ("y = \\log abcd, so go on.", "y = \\log abcd, so go on."),
        ("$y = \\sin 30^\\circ$. So $x=3$.", "$y = [NUMBER_1]$. So $x=[NUMBER_2]$."),
        ("y = \\sin 30°, so x = 3.", "y = [NUMBER_1], so x = [NUMBER_2]."),
        ("y = \\arctan 2 and x = 3.", "y = [NUMBER_1] and x = [NUMBER_2]."),
    ],
)
def test_a_function_goes_with_its_argument_or_stays(trace, masked):
    assert mask_trace(trace, domain="math").text == masked


@pytest.mark.parametrize(
    ("trace", "masked"),
    [
        ("v = 4.5×10⁻⁴ m/s, so x = 7.", "v = [NUMBER_1] m/s, so x = [NUMBER_2]."),
        ("n = 2³·3² = 72, as said.", "n = [NUMBER_1]·[NUMBER_2] = [NUMBER_3], as said."),
        ("$y = \\sqrt[42]{x}$, so $z=7$.", "$y = \\sqrt[42]{x}$, so $z=[NUMBER_1]$."),
        ("8 = 2^3, so z = 7.", "[NUMBER_1] = [NUMBER_2]^[NUMBER_3], so z = [NUMBER_4]."),
        ("r = 9^2 + y^2, so z = 7.", "r = [NUMBER_1]^2 + y^2, so z = [NUMBER_2]."),
        ("x = ±2i, so y = 7.", "x = [NUMBER_1], so y = [NUMBER_2]."),
    ],
)
def test_powers_roots_and_signs_leave_no_half(trace, masked):
    assert mask_trace(trace, domain="math").text == masked


def test_a_power_of_a_given_stays():
    masked = mask_trace("5² = 25, so it is.", domain="math", question="A square has side 5.")
    assert masked.text == "5² = [NUMBER_1], so it is."


def test_a_repair_hides_a_root_with_its_index():
    trace = "We know $y = 5\\sqrt[42]{x+1}$, read it off."
    masked = mask(trace, domain="math", question="Find it.", target="42")
    assert masked.text == "We know $y = [NUMBER_1][EXPR_1]$, read it off."
