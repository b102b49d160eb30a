"""The laws for search trajectories, over trajectories in every form and names in every dress."""

import json
import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smepo
from smepo.masking import mask_trace
from smepo.pipeline.messages import join, masked_messages
from smepo.verifiers.search import normalise

QUESTION = "In which city was the composer of Winter Lanterns born?"
PLAN = (
    "First I look for the composer. Next I need the place of birth. Let me compare both. "
    "However, nothing is certain yet. Now the rest follows from the last step."
).split(". ")
NAMES = ["José Álvarez", "Maren Okafor", "Søren O'Brien", "Iván Petrov", "Jean-Luc Picard"]
ANSWERS = [
    "Port Alder",
    "Łódź",
    "Zürich",
    "rack railway",
    "48,211",
    "October 5, 1987",
    "U.S. Steel",
]
SEARCHES = ["{} birthplace", "place of birth of {}", "{} city", "Winter Lanterns composer"]


def bare(text):
    """Without diacritics, where that is only a matter of marks."""
    kept = unicodedata.normalize("NFD", text)
    return "".join(c for c in kept if not unicodedata.combining(c))


DRESSES = [
    str, str.upper, str.lower, bare, "{}'s".format, "“{}”".format, '"{}"'.format, "({})".format,
    "{}.".format, lambda name: unicodedata.normalize("NFD", name), "M. {}".format,
    lambda name: name.replace(" ", "-"), lambda name: name.replace(" ", "\n"),
    "**{}**".format, lambda name: bare(name).upper(),
]  # fmt: skip
dressed = st.sampled_from(DRESSES)


@st.composite
def steps(draw):
    """Steps of a trajectory (kind, text), its answer and the name that it found on the way."""
    name, answer = draw(st.sampled_from(NAMES)), draw(st.sampled_from(ANSWERS))
    found = []
    for _ in range(draw(st.integers(1, 4))):
        who, what = draw(dressed)(name), draw(dressed)(answer)
        plan = draw(st.sampled_from(PLAN))
        thought = draw(
            st.sampled_from(["{p}.", "{p}. It is {n}.", "It is {a}. {p}.", "{n} was at {a}. {p}."])
        )
        found.append(("thought", thought.format(p=plan, n=who, a=what)))
        found.append(("query", draw(st.sampled_from(SEARCHES)).format(who)))
        found.append(("observation", f"{name} was born in {answer}, see [1]."))
    found.append(("thought", f"So it is {draw(dressed)(answer)}."))
    return [*found, ("answer", answer)], answer, name


def react(parts):
    head = {
        "thought": "Thought: {}",
        "query": "Action: search[{}]",
        "observation": "Observation: {}",
        "answer": "Action: finish[{}]",
    }
    return "\n".join(head[kind].format(text) for kind, text in parts)


def tags(parts):
    name = {"thought": "think", "query": "search", "observation": "information"}
    return "\n".join(f"<{name.get(k, k)}>{t}</{name.get(k, k)}>" for k, t in parts)


def calls(parts):
    made = []
    for kind, text in parts:
        if kind == "query":
            made.append({"name": "search", "arguments": {"query": text, "top_k": 3}})
        elif kind == "answer":
            made.append({"name": "finish", "arguments": json.dumps({"answer": text})})
        else:
            made.append({kind: text})
    return "\n".join(map(json.dumps, made))


def messages(parts):
    made = [{"role": "user", "content": QUESTION}]
    for kind, text in parts:
        function = {
            "name": "search" if kind == "query" else "finish",
            "arguments": json.dumps({"query" if kind == "query" else "answer": text}),
        }
        if kind == "observation":
            made.append({"role": "tool", "tool_call_id": "1", "content": text})
        elif kind == "thought":
            made.append({"role": "assistant", "content": [{"type": "text", "text": text}]})
        else:
            call = {"id": "1", "type": "function", "function": function}
            made.append({"role": "assistant", "content": None, "tool_calls": [call]})
    return made


def masked(trace, answer, **more):
    return smepo.mask(
        trace, domain="search", question=QUESTION, target=[answer], audit=False, **more
    )


def rebuilt(found):
    pieces, at = [], 0
    for blank in found.blanks:
        assert at <= blank.start < blank.end
        assert found.trace[blank.start : blank.end] == blank.text
        pieces += [found.trace[at : blank.start], blank.placeholder]
        at = blank.end
    return "".join([*pieces, found.trace[at:]])


def visible(found):
    """What is left to read, normalised as the verifier does it."""
    at, pieces = 0, []
    for blank in found.blanks:
        pieces.append(found.trace[at : blank.start])
        at = blank.end
    return [f" {normalise(p)} " for p in [*pieces, found.trace[at:]]]


@given(
    steps(), st.sampled_from([react, tags, calls, messages]), st.sampled_from(["whole", "inside"])
)
@settings(max_examples=250, deadline=None)
def test_answers_and_names_are_gone_in_every_dress_and_the_rest_stands(made, form, passages):
    parts, answer, name = made
    found = masked(form(parts), answer, passages=passages)
    assert rebuilt(found) == found.text
    for hidden in (answer, name, name.split()[-1]):
        assert not [p for p in visible(found) if f" {normalise(hidden)} " in p]
    for piece in ("composer", "place of birth", "Winter Lanterns"):
        assert found.text.count(piece) == found.trace.count(piece) - sum(
            b.text.count(piece) for b in found.blanks if b.placeholder.startswith("[PASSAGE")
        )


@given(steps())
@settings(max_examples=60, deadline=None)
def test_json_tags_and_roles_are_what_they_were(made):
    parts, answer, _ = made
    before, after = calls(parts).split("\n"), masked(calls(parts), answer).text.split("\n")
    assert [shape(json.loads(line)) for line in after] == [shape(json.loads(x)) for x in before]
    tagged = masked(tags(parts), answer).text
    assert re.findall(r"</?\w+>", tagged) == re.findall(r"</?\w+>", tags(parts))
    chat = messages(parts)
    found = masked(chat, answer)
    read = masked_messages(chat, found)
    assert [shape(m) for m in read] == [shape(m) for m in chat]
    assert [m["role"] for m in read] == [m["role"] for m in chat]
    places = {i: (start, end) for i, start, end in join(chat).parts}
    for blank in found.blanks:
        start, end = places[blank.message]
        assert start <= blank.start < blank.end <= end


COMPARED = [
    "Thought: I need both dates.\nAction: search[Marta Quill]\nObservation: {first}\n"
    "Thought: Marta Quill was born on {first}.\nAction: search[Devin Ash]\nObservation: {second}\n"
    "Thought: Devin Ash was born on {second}, so {end}.\nAction: finish[{older}]",
    "Thought: Marta Quill was born on {first}.\nThought: {end}.\nAction: finish[{older}]",
    "Thought: Marta Quill was born on {first} and Devin Ash on {second}.\n"
    "So {end}. The answer is {older}.\nAction: finish[{older}]",
]
ENDS = ["the answer is {older}", "{older} is older than {younger}", "{older} is the older one"]
ASKED = ["Who is older, Marta Quill or Devin Ash?", "Marta Quill and Devin Ash: who is older?"]


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("trace", COMPARED)
def test_of_two_compared_the_mask_does_not_tell_which(trace, end, question):
    shown = set()
    names, dates = ("Marta Quill", "Devin Ash"), ("March 3, 1951", "12 June 1960")
    for at in (0, 1):
        older, younger = names[at], names[1 - at]
        text = trace.format(
            first=dates[at], second=dates[1 - at], older=older, end=end.format(**locals())
        )
        found = smepo.mask(text, domain="search", question=question, target=[older], audit=False)
        shown.add(found.text)
        assert f"finish[{older}]" not in found.text
    assert len(shown) == 1


@pytest.mark.parametrize("told", ["are {}", "are a {} band", "are based in {}", "are both {}"])
def test_asked_for_yes_or_no_what_is_told_hides_whether_it_was_asked_or_not(told):
    shown = {
        smepo.mask(
            f"Thought: Queens of Lyon {told.format(place)}. I look for Otto Vale next.\n"
            f"Observation: {place}\nThought: Otto Vale is Norland.\nAction: finish[{end}]",
            domain="search", question="Are Queens of Lyon and Otto Vale both Norland?",
            target=[end], audit=False,
        ).text
        for place, end in [("Norland", "yes"), ("Orsk", "no")]
    }  # fmt: skip
    assert len(shown) == 1


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("so Karl is older", "so Karl is not older"),
        ("so Karl is older", "so Karl is younger"),
        ("therefore he is older than her", "therefore he isn't older than her"),
        ("so that is correct", "so that is not correct"),
        ("so it is true", "so it is false"),
        ("so the claim holds", "so the claim does not hold"),
        ("so Karl did die younger", "so Karl did not die younger"),
        ("yes, he is", "no, he is not"),
        ("so yes", "so no"),
    ],
)
def test_verdicts_for_yes_and_for_no_are_masked_alike(yes, no):
    shown = {
        masked_for(
            f"Thought: Karl was born in 1951, Ada in 1960, {end}.\nAction: finish[{word}]", word
        )
        for end, word in ((yes, "yes"), (no, "no"))
    }
    assert len(shown) == 1


def masked_for(trace, target):
    return smepo.mask(
        trace, domain="search", question="Is Karl older than Ada?", target=[target], audit=False
    ).text


def test_no_two_observations_share_a_name():
    text = "Observation: Norwegian\nAction: search[x]\nObservation: Norwegian\nAction: finish[yes]"
    assert masked(text, "yes").text.count("[PASSAGE_1]") == 1


def shape(value):
    """A JSON value without its texts; JSON in a string is read."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, str) and value.startswith("{"):
        return shape(json.loads(value))
    return "text" if isinstance(value, str) else value


PIECES = st.sampled_from(
    (
        "Thought: |Action: |search[|]|finish[|Observation: |<think>|</think>|<search>|{|}"
        "|<information>"
        '|{"answer": |"query": |"|\\|\\n|42|true|null|, |Aa Bb |the |of |yes|so |not the same |. '
        "|é|中|я|\ud800|\0|\n|1990|May |twelfth |“|'|*|_|\\boxed{|u0301|\u0301|:|(|)|\r\n"
    ).split("|")
)


@given(st.lists(PIECES, max_size=60).map("".join), st.sampled_from(["whole", "inside"]))
@settings(max_examples=300, deadline=None)
def test_any_text_is_the_same_outside_its_blanks(trace, passages):
    found = mask_trace(
        trace, domain="search", question="Is Aa Bb of 1990?", target="Bb", passages=passages
    )
    assert rebuilt(found) == found.text


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["query", "answer", "name", "arguments", "role", "content", "result", "x"]),
        inner, max_size=3,
    ),
    max_leaves=12,
), st.integers(0, 2))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_any_json_stays_json(value, depth):
    text = json.dumps({"role": "assistant", "arguments": value})
    for _ in range(depth):
        text = json.dumps({"arguments": text})
    for passages in ("whole", "inside"):
        read = json.loads(mask_trace(text, domain="search", passages=passages).text)
        assert read.keys() <= {"role", "arguments"}


GROWING = {
    "capitals": "Endless Capitalised Words ",
    "observations": "Observation:",
    "calls": "search[",
    "quotes": '"A ',
    "scripts": "Aя中é ",
    "surrogates": "\ud800\0A",
    "digits": "1 ",
    "dates": "5 October 1987, ",
    "lines": "Thought: A\nAction: finish[A b]\n",
    "conclusions": "So the answer is A b, they are not. ",
    "choices": "So Aa Bb is, not Cc.\n",
    "verdicts": "both are not the same no, ",
    "results": "Search: a\nResult: b\n",
    "options": "Thought: so the a, the b or the c is d. ",
    "objects": '{"q": "A B"}\n',
}


@pytest.mark.parametrize("name", GROWING)
def test_time_is_linear(name):
    def seconds(size):
        text = GROWING[name] * (size // len(GROWING[name]))
        best = 9.0
        for _ in range(2):
            start = time.process_time()
            mask_trace(text, domain="search", question="Is Aa Bb or Cc?", target="Bb")
            best = min(best, time.process_time() - start)
        return best

    assert seconds(120_000) < 15 * max(seconds(20_000), 0.01)  # 6 times; a square would be 36
