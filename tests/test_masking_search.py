"""Search trajectories: what they found hides, what the question names and every plan word stay."""

import json
import re
import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smepo.masking import mask_trace
from smepo.masking.detector import Context
from smepo.masking.search import spans, values
from smepo.masking.search.marks import Part
from smepo.masking.search.sections import split
from smepo.masking.search.words import Words
from smepo.types import Kind, Role

QUESTION = "In which city was the composer of Winter Lanterns born?"
plain = partial(mask_trace, domain="search", placeholders="plain")


def masked(text: str, question: str = QUESTION, target=None, **more) -> str:
    return plain(text, question=question, target=target, **more).text


REACT = """\
Thought 1: I need to find the composer of Winter Lanterns.
Action 1: Search[composer of Winter Lanterns]
Observation 1: Winter Lanterns is a suite by Maren Okafor.
It was written in 1960.

Thought 2: The composer is Maren Okafor. Next I need Okafor's place of birth.
Action 2: Search[Maren Okafor place of birth]
Observation 2: Okafor was born in Port Alder.
Thought 3: So the city is Port Alder.
Action 3: Finish[Port Alder]
"""


def test_react_text():
    text = mask_trace(REACT, domain="search", question=QUESTION, target=["Port Alder"]).text
    assert text == (
        "Thought 1: I need to find the composer of Winter Lanterns.\n"
        "Action 1: Search[composer of Winter Lanterns]\n"
        "Observation 1: [PASSAGE_1]\n\n"
        "Thought 2: The composer is [ENTITY_1]. Next I need [ENTITY_1]'s place of birth.\n"
        "Action 2: Search[[ENTITY_1] place of birth]\n"
        "Observation 2: [PASSAGE_2]\n"
        "Thought 3: So the city is [ENTITY_2].\n"
        "Action 3: Finish[[ANSWER_1]]\n"
    )


def test_tags():
    text = (
        "<think>First find Maren Okafor.</think>\n<search>Maren Okafor birthplace</search>\n"
        "<information>Doc 1: born in Port Alder.\nThought: not ours</information>\n"
        "<answer>Port Alder</answer>"
    )
    assert masked(text) == (
        "<think>First find [ENTITY].</think>\n<search>[ENTITY] birthplace</search>\n"
        "<information>[PASSAGE]</information>\n<answer>[ANSWER]</answer>"
    )


def test_special_tokens_of_queries_and_boxed_answers():
    text = (
        "<|begin_search_query|>Winter Lanterns composer<|end_search_query|>\n"
        "<|begin_search_result|>Maren Okafor<|end_search_result|> It is \\boxed{Port Alder}"
    )
    assert masked(text) == (
        "<|begin_search_query|>Winter Lanterns composer<|end_search_query|>\n"
        "<|begin_search_result|>[PASSAGE]<|end_search_result|> It is \\boxed{[ANSWER]}"
    )


def test_actions_with_inputs_and_calls():
    text = (
        'Action: search("Winter Lanterns composer")\nObservation: Maren Okafor\n'
        'Action: search(query="Maren Okafor city")\nObservation: x\nThought: I know it.\n'
        "Action: Finish\nAction Input: Port Alder\n"
    )
    assert masked(text) == (
        'Action: search("Winter Lanterns composer")\nObservation: [PASSAGE]\n'
        'Action: search(query="[ENTITY] city")\nObservation: [PASSAGE]\nThought: I know it.\n'
        "Action: Finish\nAction Input: [ANSWER]\n"
    )


def test_json_tool_calls_stay_json():
    calls = [
        {"name": "search", "arguments": {"query": "Winter Lanterns composer", "top_k": 3}},
        {"name": "search", "arguments": {"query": 'the "Maren Okafor"\nbirthplace'}},
        {"name": "finish", "arguments": {"answer": "Port Alder"}},
    ]
    lines = masked("\n".join(map(json.dumps, calls))).split("\n")
    assert [json.loads(line)["arguments"] for line in lines] == [
        {"query": "Winter Lanterns composer", "top_k": 3},
        {"query": 'the "[ENTITY]"\nbirthplace'},
        {"answer": "[ANSWER]"},
    ]


def test_messages_as_json_with_escaped_arguments():
    call = {"name": "search", "arguments": json.dumps({"query": "José Okafor birthplace"})}
    messages = [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "I search first.\nOkafor is next.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "José Okafor, from Port Alder."},
        {"role": "assistant", "content": "The answer is Port Alder."},
    ]
    for style in ({}, {"indent": 1}, {"ensure_ascii": False}):
        read = json.loads(masked(json.dumps(messages, **style)))
        assert read[0]["content"] == QUESTION
        assert read[1]["content"] == "I search first.\n[ENTITY] is next."
        assert json.loads(read[1]["tool_calls"][0]["arguments"]) == {"query": "[ENTITY] birthplace"}
        assert read[2]["content"] == "[PASSAGE]"
        assert read[3]["content"] == "The answer is [ANSWER]."


NAMES = """
Maren Okafor|M. Okafor|J. K. Rowling|O'Brien|McDonald|Jean-Luc Picard|Martin Luther King Jr.|NBA
Guillermo del Toro|del Toro|Ludwig van Beethoven|São Paulo|Ödegård|Иван Петров|Louis XIV|Apollo 11
University of California|Lord of the Rings|the AT&T Center|U.S. Steel|Dr. Okafor|Palme d'Or|eBay
"""


@pytest.mark.parametrize("name", re.split(r"[|\n]", NAMES.strip()))
def test_names_hide_whole(name):
    assert masked(f"Thought: it is {name}, who lived there.") in (
        "Thought: it is [ENTITY], who lived there.",
        "Thought: it is the [ENTITY], who lived there.",
    )


def test_forms_of_one_name_share_a_blank():
    text = (
        "Thought: by Maren Okafor. M. Okafor, also Okafor, OKAFOR or maren okafor, had it: okafor's"
    )
    assert mask_trace(text, domain="search").text == (
        "Thought: by [ENTITY_1]. [ENTITY_1], also [ENTITY_1], [ENTITY_1] or [ENTITY_1], had it: "
        "[ENTITY_1]'s"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Thought: Winter Lanterns was composed. Look up the Winter Lanterns' composer.",
        "Thought: winter lanterns it is; WINTER LANTERNS, the “Winter Lanterns”.",
        "Thought: Both are known. Next I search. However, Step 2 comes: 1. Find it. 2. Compare it.",
        "Thought 3: Now I know the final answer.\nAction: Search[Winter Lanterns]",
        "Thought: I find the answer. It is not clear whether no city is named [1].",
    ],
)
def test_question_entities_and_plan_words_stay(text):
    assert masked(text) == text


def test_a_part_of_a_question_name_stays_only_in_its_order():
    question = "Which castle lies within the London Borough of Tower Hamlets?"
    assert masked("Thought: in Tower Hamlets.", question) == "Thought: in Tower Hamlets."
    assert masked("Thought: the Tower of London.", question) == "Thought: the [ENTITY]."


def test_sentence_starts_are_names_only_if_seen_elsewhere():
    text = "Thought: Eldmere is large. Strangely it grew.\nAction: Search[population of Eldmere]"
    assert masked(text) == (
        "Thought: [ENTITY] is large. Strangely it grew.\nAction: Search[population of [ENTITY]]"
    )


def test_adjectives_from_observations_hide_and_suffixes_stay():
    text = "Observation: Norwegian\nThought: Both are Norwegian, a Norwegian-born pair."
    assert (
        masked(text) == "Observation: [PASSAGE]\nThought: Both are [ENTITY], a [ENTITY]-born pair."
    )


@pytest.mark.parametrize(
    "date",
    [
        "October 5, 1987", "5 October 1987", "5th of October, 1987", "Oct. 5th, 1987", "1987-10-05",
        "October 5 1987", "05 Oct 1987", "1987/10/5", "5 de octubre de 1987", "5. Oktober 1987",
        "1987年10月5日", "fifth of October 1987", "10/05/1987",
        "5.10.1987", "05-10-1987", "10/5/87", "October the 5th, 1987",
    ],
)  # fmt: skip
def test_a_date_hides_in_every_form_under_one_key(date):
    assert masked(f"Thought: he was born on {date}.", "When?") == "Thought: he was born on [DATE]."
    assert [v.key for v in values.find(Words(f"on {date}."))] == ["1987-10-05"]


@pytest.mark.parametrize(
    "date",
    ["October 1987", "1987", "the 1980s", "19th century", "44 BC", "05/10/1987", "October 5"],
)
def test_parts_of_dates_hide(date):
    hidden = re.sub(r"^(the )?.*", r"\1[DATE]", date)
    assert masked(f"Thought: it was {date}, then.") == f"Thought: it was {hidden}, then."


def test_numbers_hide_unless_the_question_states_them():
    question = "Which of the 2 towns has 1,200 people?"
    text = "Thought: 1200 people live here, 48,211 or 48211 there; 2.3 million in 3 towns, not 2."
    assert mask_trace(text, domain="search", question=question).text == (
        "Thought: 1200 people live here, [NUMBER_1] or [NUMBER_1] there; [NUMBER_2] in [NUMBER_3] "
        "towns, not 2."
    )


def test_a_bracket_on_its_own_line_is_a_list_and_no_citation():
    text = "Thought: the goals are [\n5,\n12\n], as [5] says."
    assert masked(text) == "Thought: the goals are [\n[NUMBER],\n[NUMBER]\n], as [5] says."


def test_yes_and_no_are_conclusions():
    question = "Are Lena Brook and Otto Vale both Norwegian?"
    text = "Thought: Yes, both are, so yes. No other step is left.\nAction: finish[yes]"
    assert masked(text, question) == (
        "Thought: [ANSWER], both [ANSWER], so [ANSWER]. No other step is left.\n"
        "Action: finish[[ANSWER]]"
    )


def test_an_announced_answer_hides_also_where_the_question_names_it():
    question = "Who is older, Lena Brook or Otto Vale?"
    text = "Thought: Lena Brook is known. So Lena Brook is older.\nAction: finish[Lena Brook]"
    assert masked(text, question) == (
        "Thought: Lena Brook is known. So [ENTITY] is older.\nAction: finish[[ANSWER]]"
    )
    assert (
        masked("Thought: the answer is Otto Vale.", question) == "Thought: the answer is [ANSWER]."
    )


@pytest.mark.parametrize(
    ("thought", "shown"),
    [
        ("So the answer is no.", "So the answer is [ANSWER]."),
        ("They are not of the same nationality, so no.", "They [ANSWER] nationality, so [ANSWER]."),
        ("Therefore, they share a country.", "Therefore, they [ANSWER] a country."),
        ("So Lena Brook and Otto Vale aren't.", "So Lena Brook and Otto Vale [ANSWER]."),
        (
            "So, both Lena Brook and Otto Vale are Dutch.",
            "So, both Lena Brook and Otto Vale [ANSWER].",
        ),
        ("Thus neither of them is Dutch.", "Thus [ANSWER] of them [ANSWER]."),
        ("So the answer is no, they are not.", "So the answer is [ANSWER]."),
        ("Both look alike. They have different ones.", "Both look alike. They [ANSWER] ones."),
        ("So I do not know whether both are.", "So I do not know whether both are."),
        ("So next I need to check if they are both.", "So next I need to check if they are both."),
    ],
)
def test_verdicts_in_other_words_are_conclusions(thought, shown):
    question = "Are Lena Brook and Otto Vale from the same country?"
    text = masked(f"Thought: {thought}\nAction: finish[no]", question)
    assert text == f"Thought: {shown}\nAction: finish[[ANSWER]]"


def test_yes_no_and_their_verdicts_are_one_thing():
    question = "Are Lena Brook and Otto Vale from the same country?"
    text = "Thought: So they are not the same.\nAction: finish[No, they are not.]"
    assert mask_trace(text, domain="search", question=question).text == (
        "Thought: So they [ANSWER_1].\nAction: finish[[ANSWER_1]]"
    )


def test_of_a_choice_no_name_is_left_in_the_conclusion():
    question = "Who is older, Lena Brook or Otto Vale, the heirs of Winter Lanterns?"
    text = (
        "Thought: Lena Brook was born first.\nObservation: Otto Vale\n"
        "Thought: So Lena Brook of Winter Lanterns is older than Otto Vale.\nfinish[Lena Brook]"
    )
    assert masked(text, question) == (
        "Thought: Lena Brook was born first.\nObservation: [PASSAGE]\n"
        "Thought: So [ENTITY] of Winter Lanterns is older than [ENTITY].\nfinish[[ANSWER]]"
    )


def test_small_numbers_in_words_are_plan_words():
    question = "Which of the four films came first?"
    text = "Thought: two of the four films, step seven; eleven others, nineteen ninety."
    assert masked(text, question) == (
        "Thought: two of the four films, step seven; [NUMBER] others, [DATE]."
    )


def test_targets_and_aliases_match_whole_words_in_any_letters():
    text = "Thought: ODEGARD, ødegård or odegards; the chief executive, an executive."
    assert masked(text, target=["Ødegård"], aliases=("Chief Executive",)) == (
        "Thought: [ENTITY], [ENTITY] or odegards; the [ENTITY], an executive."
    )
    assert masked("Thought: 作者是鲁迅。", target="鲁迅") == "Thought: 作者是[ENTITY]。"
    assert masked("Thought: three of them", target=3) == "Thought: [NUMBER] of them"


def test_quoted_titles_hide_and_quoted_queries_keep_their_plan_words():
    text = """Thought: "Gone with the Wind", “Up”, 'Les enfants du paradis', *Ran*; "unknown"."""
    assert masked(text) == 'Thought: "[ENTITY]", “[ENTITY]”, \'[ENTITY]\', *[ENTITY]*; "unknown".'
    query = 'Thought: **Next Step**: look for "Maren Okafor place of birth".'
    assert masked(query) == 'Thought: **Next Step**: look for "[ENTITY] place of birth".'


def test_numbers_in_words_hide_where_they_are_the_answer():
    text = "Thought: forty-eight thousand two hundred and eleven in two towns.\nfinish[48,211]"
    assert masked(text) == "Thought: [NUMBER] in two towns.\nfinish[[ANSWER]]"


def test_roles_and_kinds():
    found = spans(REACT, Context(QUESTION, target=["Port Alder"]))
    by_text = {REACT[s.start : s.end]: (s.kind, s.role, s.given) for s in found}
    assert by_text["Winter Lanterns"] == (Kind.ENTITY, Role.OPERAND, True)
    assert by_text["Maren Okafor"] == (Kind.ENTITY, Role.OPERAND, False)
    assert by_text["Okafor was born in Port Alder."] == (Kind.PASSAGE, Role.RESULT, False)
    finish = found[-1]
    assert (finish.kind, finish.role) == (Kind.ANSWER, Role.CONCLUSION)


def test_sections_cover_a_trajectory_in_order():
    parts = [s.part for s in split(REACT)]
    assert parts[:3] == [Part.THOUGHT, Part.QUERY, Part.OBSERVATION]
    assert parts[-1] is Part.ANSWER


MARKS = """
Thought: Action: Observation: Answer: search[ ] finish[ <think> </think> <information>
</information> <answer> </answer> {"query": } " \\ [ { Maren Okafor Okafor's M. of the
5 October 1987 1,200 yes so no Winter Lanterns “ ” 's \\boxed{ é Ödegård 鲁迅 Иван * _ - . , : I Jr.
del ß İ ﬁ \\u00e9 answer is
"""
PIECES = st.sampled_from(MARKS.split())
TEXTS = st.lists(PIECES | st.sampled_from(["\n", " ", "\ud800", "\0", "\t"]), max_size=40)


@given(TEXTS.map(" ".join) | TEXTS.map("".join) | st.text(), st.text(max_size=20))
@settings(max_examples=300, deadline=None)
def test_spans_are_in_order_and_inside_the_text(text, target):
    at = 0
    for span in spans(text, Context(QUESTION, target=target, aliases=("Okafor",))):
        assert at <= span.start < span.end <= len(text)
        at = span.end


@given(st.dictionaries(st.text(max_size=8), st.text() | st.integers() | st.lists(st.text())))
@settings(max_examples=200, deadline=None)
def test_strings_of_json_stay_strings(arguments):
    arguments = {k: v for k, v in arguments.items() if k.lower() not in ("answer", "final")}
    text = json.dumps({"name": "search", "arguments": arguments})
    nested = json.dumps({"name": "search", "arguments": text})
    read = json.loads(masked(text))
    assert read["arguments"].keys() == arguments.keys()
    assert json.loads(json.loads(masked(nested))["arguments"]).keys() == read.keys()


HOSTILE = {
    "thoughts": "Thought: A\n" * 27_000,
    "open calls": "search[" * 42_000,
    "open tags": "<think><information>" * 15_000,
    "open objects": '{"a":' * 60_000,
    "open arrays": "[" * 300_000,
    "many objects": "[" + ",".join('{"q":"A B"}' for _ in range(18_000)) + "]",
    "escapes": '{"q":"' + "\\n" * 120_000 + '"}',
    "capitals": "Aa Bb " * 48_000,
    "joined capitals": "Aa of " * 48_000,
    "initials": "A. " * 99_000,
    "many names": " and ".join(f"Na{i} Bo{i * 7}" for i in range(15_000)),
    "quotes": '"A' * 150_000,
    "emphasis": "*A_" * 99_000,
    "dates": "5 October 1987, " * 18_000,
    "digits": "1" * 300_000,
    "conclusions": "So the answer is A b " * 13_500,
    "boxes": "\\boxed{" * 42_000,
    "one word": "A" * 300_000,
    "scripts": "Aя中é " * 60_000,
    "surrogates": "\ud800\0A" * 99_000,
    "scripts in brackets": "Aa Bb (中文) " * 27_000,
    "open brackets": "Aa (中" * 60_000,
    "facts": "Aa Bb was in 1901 and Cc in 1902 " * 9_000,
    "titles": " ".join(f'"Na{i} of bo"' for i in range(20_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_ends(name):
    start = time.process_time()
    spans(HOSTILE[name], Context(question="Which Aa Bb is in Cc?", target="Bb"))
    assert time.process_time() - start < 8  # about 0.3 seconds; a quadratic rule takes far longer


@pytest.mark.data
def test_real_trajectories_hide_their_answers_and_keep_their_plans(public):
    path = public / "search" / "fireact_hotpotqa.jsonl"
    rows = [json.loads(line)["messages"] for line in path.read_text().splitlines()[:200]]
    words = kept = 0
    for row in rows:
        question, trace = row[0]["content"], "\n".join(m["content"] for m in row[1:])
        result = masked(trace, question)
        shown = re.sub(r"\[[A-Z]+\]", " ", result).casefold()
        for answer in re.findall(r"finish\[(.*?)\]", trace):
            stated = answer.casefold() in question.casefold() or answer.lower() in ("yes", "no")
            assert stated or not re.search(rf"(?<!\w){re.escape(answer.casefold())}(?!\w)", shown)
        own = re.sub(r"Observation: .*", "", trace)
        found = re.findall(r"\b[a-z]{2,}\b", own)
        words += len(found)
        left = re.findall(r"\b[a-z]{2,}\b", result)
        kept += len(left)
        assert result.count("Observation: [PASSAGE]") == trace.count("Observation: ")
    assert kept / words > 0.97


def test_where_yes_or_no_is_asked_equal_names_do_not_say_so():
    """One placeholder for both countries would be the answer; what is searched keeps its name."""
    trace = (
        "Thought: who made it?\nAction: search[Harbour Lights]\n"
        "Thought: Ilse Brandt made it.\nAction: search[Ilse Brandt]\n"
        "Thought: Ilse Brandt is from {}, and Tom Reyes is from Orland.\nAction: finish[{}]"
    )
    question = "Are the maker of Harbour Lights and Tom Reyes from the same country?"
    same, other = (
        spans_text(trace.format(country, verdict), question)
        for country, verdict in (("Orland", "yes"), ("Norland", "no"))
    )
    assert same == other
    assert same.count("[ENTITY_1]") == 3
    assert "is from [ENTITY_2], and Tom Reyes is from [ENTITY_3]" in same
    where = "Where do the maker of Harbour Lights and Tom Reyes come from?"
    assert spans_text(trace.format("Orland", "Orland"), where).count("[ENTITY_2]") == 2


def spans_text(trace, question):
    from smepo.masking import mask_trace

    return mask_trace(trace, domain="search", question=question).text
