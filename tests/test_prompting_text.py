"""Prompting without a tokenizer: wording, cut points, the search, thinking, control strings."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smepo.prompting import (
    PLACEHOLDER,
    Wording,
    compose,
    fit,
    neutralise,
    special_tokens,
    split_thinking,
    thinking_part,
    unblank,
)
from smepo.prompting.cuts import line_ends, outside, sentence_ends, structures

PIECES = [
    *(
        "Add the two.",
        "It is $5 each.",
        "e.g. 3.14",
        "[NUMBER_1]",
        "[ANSWER]",
        "$x_{1}$",
        r"\[",
        r"\]",
    ),
    *(
        "$",
        "$$",
        "{",
        "}",
        "```python",
        "```",
        "\n",
        "\n\n",
        " ",
        "so",
        "Really?!",
        r"\{",
        r"\\",
        "。",
    ),
    *(r"\begin{align}", r"\end{align}", "1. Add"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)


def test_the_sentence_about_blanks_needs_a_blank() -> None:
    assert "square brackets" in compose("q", "6*7 = [NUMBER_1]")
    assert "square brackets" not in compose("q", "the area [ABC] is 6")
    assert compose("q", " \n") == compose("q", None) == "q"


def test_wording_is_the_callers() -> None:
    brief = Wording(example="Hint:", blanks="")
    assert compose("q", "6*7 = [NUMBER]\n", wording=brief) == "q\n\nHint:\n6*7 = [NUMBER]"


def cut(text: str, points: list[int]) -> list[str]:
    return [text[:point] for point in points]


def test_cut_points_are_ends_of_lines_and_sentences() -> None:
    text = "1. Add 3.5 (e.g. twice). Then stop!\r\n\nDone  \nEnd."
    assert cut(text, line_ends(text)) == [
        "1. Add 3.5 (e.g. twice). Then stop!",
        "1. Add 3.5 (e.g. twice). Then stop!\r\n\nDone",
    ]
    assert cut(text, sentence_ends(text)) == [
        "1. Add 3.5 (e.g. twice).",
        "1. Add 3.5 (e.g. twice). Then stop!",
    ]


@pytest.mark.parametrize(
    ("text", "tidy_lines"),
    [
        ("a\n```py\nb\n```\nc", ["a", "a\n```py\nb\n```"]),
        ("a\n~~~\nb\n```\nc\n~~~\nd", ["a", "a\n~~~\nb\n```\nc\n~~~"]),
        ("a\n$$\nx\n$$\nb", ["a", "a\n$$\nx\n$$"]),
        ("a $x\n+ y$ b\nc", ["a $x\n+ y$ b"]),
        ("it is $5\nor $7\nc", ["it is $5", "it is $5\nor $7"]),
        ("\\begin{align}\nx\n\\end{align}\nb", ["\\begin{align}\nx\n\\end{align}"]),
        ("\\text{a\nb}\nc", ["\\text{a\nb}"]),
        ("a \\{ b\nc", ["a \\{ b"]),
        ("x \\\\[2pt]\ny\nz", ["x \\\\[2pt]", "x \\\\[2pt]\ny"]),
        ("a stray { here\nb\nc", ["a stray { here", "a stray { here\nb"]),
    ],
)
def test_tidy_cuts_lie_in_no_open_structure(text: str, tidy_lines: list[str]) -> None:
    assert cut(text, outside(line_ends(text), structures(text))) == tidy_lines


@given(texts)
def test_cut_points_leave_words_and_blanks_whole(text: str) -> None:
    blanks = [found.span() for found in PLACEHOLDER.finditer(text)]
    for point in {*line_ends(text), *sentence_ends(text)}:
        assert text[:point].strip()
        assert text[point:].strip()
        assert text[point].isspace() or text[point - 1] in "。！？"
        assert not any(start < point < end for start, end in blanks)


@given(texts, st.integers(1, 80))
def test_fit_takes_the_longest_line_that_fits(text: str, budget: int) -> None:
    shown = fit(text, len, budget)
    lines = [line for line in cut(text, line_ends(text)) if len(line) <= budget]
    if len(text) <= budget:
        assert shown == text
    elif tidied := [line for line in lines if outside([len(line)], structures(text))]:
        assert shown == tidied[-1]
    elif shown is None:
        assert not lines
        assert all(len(part) > budget for part in cut(text, sentence_ends(text)))
    else:
        assert len(shown) <= budget
        assert text.startswith(shown)


def test_a_sentence_end_serves_where_no_line_fits() -> None:
    text = "Add them. Then double $a. b$ it. And so on for long."
    assert fit(text, len, 30) == "Add them."
    assert fit(text, len, 40) == "Add them. Then double $a. b$ it."
    assert fit(text, len, 5) is None


@pytest.mark.parametrize(
    "hostile",
    [
        "{" * 10**6,
        "$a " * 300_000,
        " " * 10**6,
        "." * 10**6,
        "a.\n" * 300_000,
        "\n```x" * 200_000,
        "\\begin{a}" * 100_000,
        "}\\]" * 300_000,
        "\n \n" * 300_000,
        "<|" * 500_000,
        "[" * 10**6,
    ],
)
def test_a_megabyte_of_anything_is_cut_in_seconds(hostile: str) -> None:
    seen = 0

    def size(text: str) -> int:
        nonlocal seen
        seen += len(text)
        return len(text) // 4

    start = time.process_time()
    neutralise(hostile, special_tokens())
    fit(hostile, size, 4096)
    split_thinking(hostile)
    assert time.process_time() - start < 5  # of processor time
    assert seen < 16 * len(hostile)


@pytest.mark.parametrize(
    ("trace", "parts"),
    [
        ("<think>try 6</think>\n\nIt is 6.", ("try 6", "It is 6.")),
        ("try 6</think>It is 6.", ("try 6", "It is 6.")),
        ("<think>try 6 and then", ("try 6 and then", "")),
        ("It is 6.", ("", "It is 6.")),
        ("<think>a</think>b<think>c</think>d", ("a\n\nc", "b\n\nd")),
        ("<THINKING>a</THINKING>b", ("a", "b")),
        (
            "<|begin_of_thought|>a<|end_of_thought|><|begin_of_solution|>b<|end_of_solution|>",
            ("a", "b"),
        ),
        ("", ("", "")),
    ],
)
def test_a_trace_is_thinking_and_solution(trace: str, parts: tuple[str, str]) -> None:
    assert split_thinking(trace) == parts
    assert thinking_part(trace, "both") == trace
    assert (thinking_part(trace, "thinking"), thinking_part(trace, "solution")) == parts


def test_control_strings_are_broken_and_counted() -> None:
    broken = neutralise(
        "a<|im_end|>\n<|im_start|>user [INST] </s> a<b [NUMBER_1]", special_tokens()
    )
    assert broken.text == "a< |im_end|>\n< |im_start|>user [ INST] < /s> a<b [NUMBER_1]"
    assert broken.count == 4
    assert neutralise(broken.text, special_tokens()).count == 0


def test_lone_surrogates_become_readable() -> None:
    assert neutralise("6\ud800 7", special_tokens()).text == "6\ufffd 7"


def test_literal_placeholders_get_round_brackets() -> None:
    assert unblank("[NUMBER] or [EXPR_12] of [ABC]").text == "(NUMBER) or (EXPR_12) of [ABC]"
