"""The search verifier: exact match after normalisation, and what must not pass for it."""

import time

import pytest

import smepo
from smepo.verifiers.search import extract, f1


@pytest.fixture(scope="module")
def search():
    return smepo.verifier("search")


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        ("Paris", "Paris"),
        ("paris.", "Paris"),
        ("The Beatles", "Beatles"),
        ("Beyonce", "Beyoncé"),
        ("Saint-Denis", "Saint Denis"),
        ("Rock 'n' Roll", "rock n roll"),
        ("New York City", ["NYC", "New York City"]),
        ("Yes", "yes"),
        ("12 May 1990", "May 12, 1990"),
        ("1990-05-12", "May 12th, 1990"),
        ("1,234", "1234"),
        ("forty-two", "42"),
        ("7", 7),
    ],
)
def test_matches(search, answer, target):
    assert search(search.wrap(answer), target).score == 1


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        ("Paris, France", "Paris"),
        ("Paris or London", "Paris"),
        ("London, Paris, Rome", "Paris"),
        ("Par", "Paris"),
        ("a", "the Band"),
        ("yes and no", "yes"),
        ("no", "yes"),
        ("13 May 1990", "May 12, 1990"),
        ("May 1990", "May 12, 1990"),
        ("1990", "May 12, 1990"),
        ("12341", "1234"),
        ("1234 or 1235", "1234"),
        ("", "Paris"),
        ("the", "the Band"),
        ("Paris London", ["Paris", "London"]),
    ],
)
def test_near_misses(search, answer, target):
    assert search(search.wrap(answer), target).score == 0


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("<think>x</think><answer>Paris</answer>", "Paris"),
        ("<answer>A</answer> no <answer>B</answer>", "B"),
        ("Thought: done\nAction: finish[Paris]", "Paris"),
        ("So the answer is Paris.", "Paris."),
        ("**Answer:** Paris", "Paris"),
        ("Paris", "Paris"),
    ],
)
def test_extraction(completion, answer):
    assert extract(completion) == answer


def test_statuses(search):
    assert search("", "Paris").status == "empty"
    assert search("<answer></answer>", "Paris").status == "unparsed"
    assert search("many words\nand lines", "Paris").status == "unparsed"
    assert search("<answer>Paris</answer>", []).status == "error"


def test_f1_is_partial_credit_on_request(search):
    partial = smepo.verifier("search", metric="f1")
    wrapped = search.wrap("the city of Paris")
    assert search(wrapped, "Paris").score == 0
    assert partial(wrapped, "Paris").score == pytest.approx(0.5)
    assert f1("yes it is", "yes") == 0
    assert f1("12 May 1991", "12 May 1990") == 0


def test_a_megabyte_takes_no_time(search):
    for text in (
        "<answer>",
        "<answer></answer>",
        "finish[",
        "answer is ",
        "answer \n",
        " ",
        "answer ",
    ):
        began = time.perf_counter()
        search(text * (1_000_000 // len(text)), "Paris")
        assert time.perf_counter() - began < 5
