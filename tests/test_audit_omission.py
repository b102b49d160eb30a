"""The omission attack: blanks that depend on the target point at it, blanks by role do not."""

import json
import random
import re
from dataclasses import replace

import pytest

import smepo
from smepo.auditing.exchange import context
from smepo.auditing.omission import measure, told, trial, without_audit
from smepo.auditing.predictors import PREDICTORS, pieces, seen
from smepo.masking import mask_trace
from smepo.masking.render import render
from smepo.types import Kind, MaskedTrace, Role, Span, Status

ITEMS = "apples boxes coins stamps cards books pens shells".split()


def problems(count, seed=0):
    """Sums and differences of three stated numbers; the answer of every other one is a given."""
    draw = random.Random(seed)
    for n in range(count):
        item = draw.choice(ITEMS)
        a, b, c = draw.sample(range(1, 13), 3)
        if n % 2:
            a, b, c = c, c + 2 * b, c + b
        question = f"Ann has {a} {item}, finds {b} more and loses {c}. How many {item} has she?"
        trace = (
            f"She starts with {a} {item}.\nWith {b} more she has {a} + {b} = {a + b}.\n"
            f"Without {c} she has {a + b} - {c} = {a + b - c}.\nThe answer is {a + b - c}."
        )
        yield str(n), question, trace, str(a + b - c)


def only_the_target(trace, target):
    """The control with teeth in it: hides the target wherever it stands, and nothing else."""
    places = re.finditer(rf"(?<!\d){re.escape(target)}(?!\d)", trace)
    spans = [Span(*place.span(), Kind.NUMBER, Role.RESULT, key=target) for place in places]
    return render(trace, spans, indexed=True)[0]


def attacked(rows, hide):
    return measure(trial(i, q, hide(q, trace, target), target) for i, q, trace, target in rows)


def test_hiding_only_the_target_points_at_it():
    found = attacked(problems(300), lambda q, trace, target: only_the_target(trace, target))
    assert found.unmatched.low > 0.3
    assert found.best.low <= 0, "the question alone tells which: the given of middle size"
    assert min(found.rows["small"], found.rows["given"]) > 50


def test_hiding_by_role_does_not_point():
    def by_role(question, trace, target):
        return mask_trace(trace, domain="math", question=question).text

    found = attacked(problems(300), by_role)
    assert found.best.low <= 0


def test_hiding_everything_does_not_point():
    found = attacked(problems(300), lambda q, trace, target: re.sub(r"\d+", "[NUMBER]", trace))
    assert found.best.low <= 0


def test_what_the_audit_adds_is_told_from_what_lies_in_the_trace():
    """The same blanks, once as the mask's own and once as added by the audit."""

    def trials(added):
        for i, question, trace, target in problems(300):
            places = re.finditer(rf"(?<!\d){target}(?!\d)", trace)
            spans = [Span(*place.span(), Kind.NUMBER, Role.RESULT, key=target) for place in places]
            text, blanks = render(
                trace, spans, indexed=True, added=frozenset(spans if added else ())
            )
            yield trial(i, question, text, target, blind=without_audit(text, blanks))

    ours, audits = measure(trials(added=False)), measure(trials(added=True))
    assert ours.best.accuracy == audits.best.accuracy
    assert ours.pointing.gained == 0, "what the mask does for every target points at none"
    assert audits.pointing.gained_low > 0.3


def test_what_the_text_tells_is_not_charged_to_hiding():
    """Divisors are small numbers, summands large ones; a blank below a bar is read as a 2."""

    def rows(count):
        draw = random.Random(1)
        for n in range(count):
            small = n % 2
            target = draw.choice("2345" if small else "6789")
            shown = f"40 {'/' if small else '+'} [NUMBER_1] is whole, so it is [NUMBER_1]"
            yield trial(str(n), "How many?", shown, target, blind=shown)

    found = measure(rows(600))
    guess = next(one for one in found.predictors if one.name == "customary_constant")
    assert abs(guess.difference) < 0.02, "rows of one context are compared"
    assert found.unmatched.low > 0.03, "of all rows, a 2 behind a bar is likelier than elsewhere"
    assert found.pointing.gained == 0


def test_constants_that_are_hidden_only_where_they_are_the_target_point_at_it():
    """One rule looks at the target, the other does not: the guess tells them apart."""

    def rows(looks):
        draw = random.Random(2)
        for n in range(600):
            target = draw.choice("23456789")
            half = "[NUMBER_1]" if looks and target == "2" else "2"
            shown = f"40 / {half} = [NUMBER_2], 80 / [NUMBER_3] = [NUMBER_2], so [NUMBER_1]"
            yield trial(str(n), "How many?", shown, target)

    assert measure(rows(looks=True)).unmatched.low > 0.05
    assert measure(rows(looks=False)).unmatched.low <= 0


def test_a_row_alone_in_its_context_is_counted():
    trials = [
        trial("a", "How many?", "9 + [NUMBER_1] = [NUMBER_2]", "2"),
        trial("b", "How many?", "9 + [NUMBER_1] = [NUMBER_2]", "3"),
        trial("c", "How many?", "[NUMBER_1] / 9 = [NUMBER_2]", "3"),
    ]
    found = measure(trials)
    assert (found.rows, found.alone, found.left_out) == ({"small": 2}, 1, 1)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("so 12 - 3 = [NUMBER_1]", "n-n"),
        ("12 + 3, then [NUMBER_1] * $3 = [NUMBER_2]", "b*n"),
        (r"\frac{[NUMBER_1]}{4}", "/b"),
        (r"3 \times [NUMBER_1]", "n*b"),
        ("x / 2 of the well-known step - by - step way", "x/n"),
        ("no operation: 12", ""),
    ],
)
def test_the_context_is_the_last_operation(shown, expected):
    assert context(pieces(shown)) == expected


def test_a_repair_that_a_guess_reads_is_told():
    """5 and 7 are shown, the audit hides the 6 between them: `missing_small` names it."""
    trace = "Try 5, then 6, then 7."
    span = Span(12, 13, Kind.NUMBER, Role.RESULT, key="6")
    text, blanks = render(trace, [span], indexed=True, added=frozenset([span]))
    masked = MaskedTrace(
        trace, text, tuple(blanks), "math", "critical-path", Status.REPAIRED, "Which?", "6"
    )
    assert told(masked) == "missing_small"
    assert told(replace(masked, target="9")) is None


def test_without_the_audit_the_mask_is_that_of_any_target():
    question = "Half of the eggs are left. How many were there?"
    trace = "There are 12/2 of them, and 2 are left. So 12/2 - 4 = 2.\nThe answer is 2."
    masked = smepo.mask(trace, domain="math", question=question, target="2")
    assert any(blank.audit for blank in masked.blanks)
    blind = mask_trace(trace, domain="math", question=question).text
    assert plain(without_audit(masked.text, masked.blanks)) == plain(blind)


def plain(text):
    """Without the numbers of the placeholders, which count what is hidden."""
    return re.sub(r"_\d+\]", "]", text)


@pytest.mark.parametrize(
    ("name", "question", "masked", "guess"),
    [
        ("unseen_given", "Of 5 and 7, which is the smaller?", "7 is larger: [NUMBER_1].", ["5"]),
        ("rare_given", "Add 2, 3 and 4.", "2 and 3, then 3 and 4, and 4 again", ["2"]),
        ("restated_given", "She has 6 hens and 8 cows.", "All [NUMBER_1] hens lay.", ["6"]),
        ("concluding_given", "Of 6 hens and 8 cows?", "[NUMBER_2] hens. So [NUMBER_2]", ["6"]),
        ("restated_value", "How many?", "We have 9 hens. With [NUMBER_1] hens we end.", ["9"]),
        ("implied_given", "Half of them leave.", "He divides by [NUMBER_1].", ["2"]),
        ("missing_small", "Which?", "1, 2 and 4 do not divide it; [NUMBER_1] does", ["3"]),
        ("list_gap", "Which?", "Try 1, 2, [NUMBER_1], 4.", ["3"]),
        ("customary_constant", "?", "the area is a^{[NUMBER_1]}", ["2"]),
        ("customary_constant", "?", "40 / [NUMBER_1] = [NUMBER_2]", []),
        ("customary_constant", "?", r"40 / [NUMBER_2]: \boxed{[NUMBER_1]}. Or [NUMBER_2].", []),
        (
            "customary_constant",
            "?",
            "40/[NUMBER_1], the answer is [NUMBER_1]. 3 + [NUMBER_2]",
            ["2"],
        ),
        ("unseen_choice", "(A) 1 (B) 2 (C) 3", "(A) is odd, (C) too; [CHOICE_1].", ["B"]),
        ("rare_choice", "(A) 1 (B) 2", "(A) or (B)? Not (A).", ["B"]),
    ],
)
def test_each_predictor_reads_its_pattern(name, question, masked, guess):
    assert list(PREDICTORS[name](seen(question, masked))) == guess


def test_every_predictor_is_silent_on_nothing():
    for name, guess in PREDICTORS.items():
        assert name == "rare_choice" or not guess(seen("", ""))


def test_targets_of_no_kind_are_counted_and_left_out():
    rows = [("a", "Sum of 3 and 4?", "[N]", "x^2+1"), ("b", "Only 3.", "[N]", "3")]
    found = measure(trial(i, q, text, target) for i, q, text, target in rows)
    assert found.left_out == 2, "x^2+1 is no value; a lone given has nothing to be exchanged for"
    assert found.best is None


def test_the_order_of_the_rows_does_not_show():
    rows = [
        trial(i, q, only_the_target(trace, target), target) for i, q, trace, target in problems(60)
    ]
    assert measure(rows) == measure(rows[::-1])


@pytest.mark.data
def test_teeth_on_public_rows(public):
    lines = (public / "math/gsm8k_train.jsonl").read_text().splitlines()[:600]
    rows = [json.loads(line) for line in lines]
    split = [(r["question"], *r["answer"].split("\n####")) for r in rows]
    trials = [
        trial(str(n), question, only_the_target(trace, target.strip()), target.strip())
        for n, (question, trace, target) in enumerate(split)
    ]
    assert measure(trials).best.low > 0.03
