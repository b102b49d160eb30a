"""Search trajectories in every form: tool calls in JSON, lists of messages, passages."""

import json

import pytest

import smepo
from smepo.errors import ConfigError
from smepo.masking import mask_trace
from smepo.pipeline.aliases import aliases_of
from smepo.pipeline.messages import masked_messages
from smepo.types import Row

QUESTION = "In which city was the composer of Winter Lanterns born?"


def masked(text: str, question: str = QUESTION, **more) -> str:
    return mask_trace(text, domain="search", question=question, **more).text


def call(query: str) -> dict:
    arguments = json.dumps({"query": query, "top_k": 3})
    return {
        "id": "call_1",
        "type": "function",
        "function": {"name": "search", "arguments": arguments},
    }


CHAT = [
    {"role": "system", "content": "You may search."},
    {"role": "user", "content": QUESTION},
    {
        "role": "assistant",
        "content": "I look for the composer first.",
        "tool_calls": [call("Winter Lanterns composer")],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": "By José Okafor.\nAnswer: in Vienna."},
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "It is José Okafor. "},
            {"type": "image_url", "image_url": {"url": "x.png"}},
            {"type": "text", "text": "Next I look for Okafor's city."},
        ],
        "tool_calls": [call('"José Okafor" birthplace')],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": '{"city": "Port Alder", "people": 9120}'},
    {"role": "assistant", "content": "José Okafor was born in Port Alder, so it is Port Alder."},
]


def test_messages_come_back_masked_with_roles_calls_and_parts_intact():
    found = smepo.mask(CHAT, domain="search", question=QUESTION, target=["Port Alder"])
    read = masked_messages(CHAT, found)
    assert read[:2] == CHAT[:2]
    assert [m["role"] for m in read] == [m["role"] for m in CHAT]
    assert read[2] == CHAT[2]  # it names nothing but what the question names
    assert read[3] == {**CHAT[3], "content": "[PASSAGE_1]"}
    assert read[4]["content"] == [
        {"type": "text", "text": "It is [ENTITY_1]. "},
        {"type": "image_url", "image_url": {"url": "x.png"}},
        {"type": "text", "text": "Next I look for [ENTITY_1]'s city."},
    ]
    function = read[4]["tool_calls"][0]["function"]
    assert json.loads(function["arguments"]) == {"query": '"[ENTITY_1]" birthplace', "top_k": 3}
    assert json.loads(read[5]["content"]) == {"city": "[PASSAGE_2]", "people": "[PASSAGE_3]"}
    assert read[6]["content"] == "[ENTITY_1] was born in [ENTITY_2], so it is [ENTITY_2]."
    assert {b.message for b in found.blanks} == {3, 4, 5, 6}


def test_a_message_without_labels_is_a_thought_again():
    messages = [
        {"role": "assistant", "content": "Action: search[Winter Lanterns]"},
        {"role": "user", "content": "Observation: by Maren Okafor"},
        {"role": "assistant", "content": "Next I look for the city of Maren Okafor."},
        {"role": "user", "content": "<information>born in Port Alder</information>"},
    ]
    found = smepo.mask(messages, domain="search", question=QUESTION)
    assert [m["content"] for m in masked_messages(messages, found)] == [
        "Action: search[Winter Lanterns]",
        "Observation: [PASSAGE_1]",
        "Next I look for the city of [ENTITY_1].",
        "<information>[PASSAGE_2]</information>",
    ]


@pytest.mark.parametrize("answer", [42, True, 3.5, -7, ["Port Alder", 1931], {"city": 1931}])
def test_bare_values_of_json_become_strings(answer):
    text = json.dumps({"name": "finish", "arguments": {"answer": answer}})
    nested = json.dumps({"name": "finish", "arguments": json.dumps({"answer": answer})})
    shown = masked(text)
    read = json.loads(shown)["arguments"]
    assert read == json.loads(json.loads(masked(nested))["arguments"])
    assert not any(c.isdigit() for c in shown.replace("ANSWER_1", "").replace("ANSWER_2", ""))
    assert "rue" not in shown


def test_numbers_among_arguments_hide_unless_they_are_settings():
    text = '{"name": "search", "arguments": {"query": "census", "year": 1931, "top_k": 100}}'
    assert json.loads(masked(text))["arguments"] == {
        "query": "census",
        "year": "[DATE_1]",
        "top_k": 100,
    }
    assert masked(text, "What did the census of 1931 say?") == text


def test_passages_are_masked_inside_on_request():
    text = (
        "Action: search[Winter Lanterns]\n"
        "Observation: Winter Lanterns (1960) is by the composer Maren Okafor, of Norwegian birth.\n"
        "Thought: It is Maren Okafor.\nAction: finish[Port Alder]"
    )
    assert masked(text, passages="inside") == (
        "Action: search[Winter Lanterns]\n"
        "Observation: Winter Lanterns ([DATE_1]) is by the composer [ENTITY_1], of [ENTITY_2] "
        "birth.\nThought: It is [ENTITY_1].\nAction: finish[[ANSWER_1]]"
    )
    with pytest.raises(ConfigError, match="passages"):
        masked(text, passages="none")


def test_aliases_come_from_the_columns_of_the_row():
    columns = {
        "aliases": ["Alder"],
        "evidences": [["Winter Lanterns", "composer", "Maren Okafor"]],
        "question_decomposition": [{"question": "Who?", "answer": "M. Okafor"}],
        "context": [["The Alder Review (journal)", ["It is."]], ["Lanterns", ["They are."]]],
        "paragraphs": json.dumps([{"title": "Glass Regatta", "paragraph_text": "Held."}]),
    }
    assert aliases_of(Row("0", QUESTION, "", (), columns)) == (
        "Alder", "Winter Lanterns", "Maren Okafor", "M. Okafor", "The Alder Review", "Glass Regatta"
    )  # fmt: skip
    hotpot = {"context": {"title": ["Port Alder"], "sentences": [["It is."]]}, "aliases": "Alder"}
    assert aliases_of(Row("0", QUESTION, "", (), hotpot)) == ("Alder", "Port Alder")
    assert aliases_of(Row("0", QUESTION, "", (), {"context": "text", "evidences": 3})) == ()


@pytest.mark.parametrize(
    ("trace", "masked"),
    [
        ("Final answer: **Orsholm**", "Final answer: **[ANSWER_1]**"),
        ("**Final answer:** __Orsholm__.\n", "**Final answer:** __[ANSWER_1]__.\n"),
        ("<answer>**Orsholm**</answer>", "<answer>**[ANSWER_1]**</answer>"),
        ("<tool_call>Finish[</tool_call>", "<tool_call>Finish[</tool_call>"),
        ("<tool_call>Finish[Orsholm</tool_call>", "<tool_call>Finish[[ANSWER_1]</tool_call>"),
    ],
)
def test_marks_around_an_answer_stay(trace, masked):
    assert mask_trace(trace, domain="search", target="Orsholm").text == masked


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("19th century", "nineteenth century"),
        ("21st", "twenty-first"),
        ("5th", "fifth"),
        ("40th", "fortieth"),
    ],
)
def test_an_ordinal_in_words_is_its_figures(target, words):
    masked = mask_trace(f"Thought: It was in the {words}.", domain="search", target=target).text
    assert words not in masked


@pytest.mark.parametrize("passages", ["whole", "inside"])
@pytest.mark.parametrize("name", ["Ludwig Berg", "LUDWIG BERG", "Green Street"])
def test_a_name_in_small_letters_is_known_from_an_observation(name, passages):
    small = name.lower()
    trace = f"Action: search[{small} wife]\nObservation: It was {name} who did.\nThought: Next."
    masked = mask_trace(trace, domain="search", question="Who?", passages=passages).text
    assert "search[[ENTITY_1] wife]" in masked


BRACKETED = (
    "Thought: The director is Edgar Lewis. Next I need the nationality of Edgar Lewis (director).\n"
    "Action: search[Edgar Lewis (director) nationality]"
)


def test_a_name_with_a_bracket_hides_whole_and_is_the_name_without():
    assert masked(BRACKETED, aliases=["Edgar Lewis (director)"]) == (
        "Thought: The director is [ENTITY_1]. Next I need the nationality of [ENTITY_1].\n"
        "Action: search[[ENTITY_1] nationality]"
    )


def test_two_persons_told_apart_by_brackets_stay_two():
    found = masked(BRACKETED, aliases=["Edgar Lewis (director)", "Edgar Lewis (actor)"])
    assert "is [ENTITY_1]. Next I need the nationality of [ENTITY_2].\n" in found
