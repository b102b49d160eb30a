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
        ("3.5 million", "3,500,000"),
        ("two", 2),
        ("U.S.", "US"),
        ("U.S.A.", "USA"),
        ("A", "A"),
        ("!!!", "!!!"),
        ("Ｐａｒｉｓ", "Paris"),
        ("東京", "東京"),
        ("AC DC", "AC/DC"),
        ("May 12", "12th of May"),
        ("May 1990", "May, 1990"),
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
        ("Paris/London", "Paris"),
        ("Paris; London", "Paris"),
        ("Paris, London", ["Paris", "London"]),
        ("not Paris", "Paris"),
        ("Paris Paris", "Paris"),
        ("the capital, Paris", "Paris"),
        ("Par\u200bis", "Paris"),
        ("1990 or 1991", "1990"),
        ("between 1990 and 1991", "1990"),
        ("May 12, 1990 or May 13, 1990", "May 12, 1990"),
        ("12 May", "12 May 1990"),
        ("May 12, 1990", "12 May"),
        ("-5", "5"),
        ("5", "0.5"),
        ("42 million", "42"),
        ("B", "A"),
        ("a", "the"),
        ("yes, no", "no"),
        ("no idea", "no"),
        ("yesno", "yes"),
        ("[ANSWER]", "Paris"),
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


@pytest.mark.parametrize(
    "answer", ["Paris or London", "Paris/London", "Paris; London", "not Paris", "either Paris"]
)
def test_a_choice_of_answers_has_no_partial_credit(answer):
    partial = smepo.verifier("search", metric="f1")
    assert partial(partial.wrap(answer), "Paris").score == 0
    assert partial(partial.wrap(answer), answer).score == 1
    assert partial(partial.wrap("AC/DC band"), "AC/DC").score == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("completion", "right"),
    [
        ("<answer>Paris</answer><answer>London</answer>", False),  # the last one counts
        ("<answer>London</answer><answer>Paris</answer>", True),
        ("finish[London] finish[Paris]", True),
        ("finish[Paris] finish[London]", False),
        ("<answer>Paris\nLondon\nRome</answer>", False),
        ("Paris\nLondon\nRome", False),
        ("The answer is Paris or London", False),
        ("The answer is London. The answer is Paris.", True),
        ("<answer>Paris", False),  # cut off
        ("I considered Paris, then London.", False),
    ],
)
def test_where_the_answer_stands_cannot_be_gamed(search, completion, right):
    assert (search(completion, "Paris").score == 1) == right


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
