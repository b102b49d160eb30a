"""The marks of a trajectory: labels, tags and calls in text, keys and roles in JSON.

    Thought 1: ...                  a label, at the start of a line
    <search> ... </search>          tags, also <|begin_search_query|>
    search[...], finish("...")      calls
    {"query": ...}                  keys

They tell what the text behind them is; they belong to no section and stay.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class Part(Enum):
    """What a section is."""

    THOUGHT = "thought"  # and every text that is nothing else
    QUERY = "query"
    OBSERVATION = "observation"
    ANSWER = "answer"


def _table(words: dict[Part, str]) -> dict[str, Part]:
    return {word.strip(): part for part, text in words.items() for word in text.split(",")}


_FINISH = "finish final_answer finalanswer submit submit_answer answer terminate conclude complete"
_TOOL = "search lookup retrieve find query google bing wikipedia wiki browse open web_search read"
FINISHES: Final = frozenset(_FINISH.split())
_CALLS: Final = FINISHES | frozenset(_TOOL.split())
LABELS: Final = _table(
    {
        Part.THOUGHT: "thought, thoughts, reasoning, reflection, plan, analysis, rationale, think"
        ", question, step, assistant, user",
        Part.QUERY: "action input, action, act, query, search query, search, tool input, tool call"
        ", subquestion, sub-question, follow up, follow-up, followup",
        Part.OBSERVATION: "observation, observations, obs, tool output, tool response, tool result"
        ", search result, search results, result, results, evidence, document, documents, passage"
        ", passages, retrieved, retrieved document, retrieved documents, retrieved passage"
        ", retrieved passages, information, context, intermediate answer, tool",
        Part.ANSWER: "final answer, answer, so the final answer is",
    }
)
TAGS: Final = _table(
    {
        Part.THOUGHT: "think, thinking, thought, reasoning, plan, reflection, analysis, question",
        Part.QUERY: "search, query, tool_call, tool_calls, action, tool_use, function_call"
        ", begin_search_query, begin_of_query, search_query, sub_question, invoke, parameter",
        Part.OBSERVATION: "information, observation, observations, result, results, search_result"
        ", search_results, document, documents, passage, passages, context, tool_response"
        ", tool_result, function_result, function_results, response, output, refine"
        ", begin_search_result, begin_of_documents, tool_output, evidence, snippet",
        Part.ANSWER: "answer, final_answer, final",
    }
)
KEYS: Final = _table(
    {
        Part.QUERY: "query, queries, q, search_query, input, question, keyword, keywords, entity"
        ", title, text, url, search, arguments, args, parameters, action_input, tool_input, term"
        ", topic",
        Part.OBSERVATION: "observation, observations, result, results, output, outputs, passage"
        ", passages, document, documents, information, tool_response, response, snippet, snippets"
        ", contents, evidence, context",
        Part.ANSWER: "answer, final_answer, finish, final, answers, conclusion",
    }
)
# Keys of the conversation, keys of numbers that are no facts, keys of words that are no more than
# options (unless they are known for names), and keys that name a tool.
FIXED: Final = frozenset(
    "role type id tool_call_id call_id function_name recipient model status".split()
)
SETTINGS: Final = frozenset(
    (
        "k top_k topk limit count num num_results max_results n page page_size offset temperature"
        " top_p seed score rank index step turn round hop max_tokens timeout id"
    ).split()
)
OPTIONS: Final = frozenset("section lang language locale sort order mode format engine".split())
NAMES: Final = frozenset(("name", "tool", "tool_name", "action", "function", "recipient"))
ENVIRONMENT: Final = frozenset(
    ("tool", "function", "observation", "ipython", "environment", "user", "system")
)
TOOL_NAME: Final = re.compile(
    rf"(?i:{'|'.join(sorted(_CALLS))})|[a-z]\w*|\w+_\w+|[A-Z][a-z]+[A-Z]\w*"
)

_SIGNS: Final = ("<", ":", "[", "(", "：")  # a mark of its own, or the end of one
_NUMBERED_LABEL = re.compile(  # without the colon
    r"([A-Za-z](?:[A-Za-z -]*[A-Za-z])?)(?:[ \t]*#?\d+)?[*_]{0,2}[ \t]*\Z"
)
_TAG = re.compile(r"<\|?(/|end_(?=(?:of_)?\w{1,40}\|))?(\w{1,40})\b[^<>\n]*>")
BRIEF: Final = frozenset(("result", "results"))  # a blank line ends what stands behind these
_SPEAKER: Final = "assistant"
# "Tool: search" is no observation.
_ALONE: Final = re.compile(
    r"[a-z_]\w*[ \t]*(?:\n|\Z)|\w+\(|[\w -]{1,40}\n[ \t]*(?i:tool|action)[ ](?i:input)\b"
)
_STRONG: Final = frozenset(
    (
        "thought,thoughts,action,observation,observations,answer,question,final answer,action input"
        ",follow up,follow-up,followup,intermediate answer,so the final answer is"
    ).split(",")
)
_CONCLUDES: Final = re.compile(
    r"(?:(?:so|thus|therefore|hence),? )?the (?:final )?answer is\b", re.IGNORECASE
)
_LONGEST: Final = 64  # of a label with its marks
_BEFORE_LABELS: Final = frozenset(" \t>*_#-")
_BEHIND_LABELS: Final = frozenset(" \t*_")


class Mark:
    """A label, a tag or the opening of a call."""

    def __init__(self, start: int, end: int, word: str, form: str, special: bool = False) -> None:
        self.start = start
        self.end = end
        self.word = word  # in lower case
        self.form = form  # "label", "tag", "close" or "call"
        self.special = special  # a tag such as <|end_search_query|>


def places(text: str) -> list[int]:
    """Where a label, a tag or a call may stand, in order."""
    found: list[int] = []
    for sign in _SIGNS:
        at = text.find(sign)
        while at >= 0:
            found.append(at)
            at = text.find(sign, at + 1)
    found.sort()
    return found


def first_place(text: str) -> int:
    """The first of the places, -1 if there is none."""
    return min([at for sign in _SIGNS if (at := text.find(sign)) >= 0], default=-1)


def mark_at(text: str, at: int) -> Mark | None:
    """The label, tag or call whose ``:``, ``<`` or bracket stands at ``at``."""
    sign = text[at]
    if sign == "<":
        return _tag(text, at)
    return _call(text, at) if sign in "[(" else _label(text, at)


def _label(text: str, at: int) -> Mark | None:
    start = text.rfind("\n", max(0, at - _LONGEST), at) + 1
    if start == 0 and at > _LONGEST:
        return None
    first = start
    while first < at and text[first] in _BEFORE_LABELS:
        first += 1
    word = text[first:at].lower()
    speaker, colon, rest = word.partition(": ")
    if colon and speaker == _SPEAKER:  # "Assistant: Final answer: ..."
        word, start = rest, at - len(rest)
        first = start
    if word not in LABELS:
        if not word or not (word[-1] in _BEHIND_LABELS or word[-1].isdecimal()):
            return None
        match = _NUMBERED_LABEL.match(text, first, at)
        if match is None or match[1].lower() not in LABELS:
            return None
        word = match[1].lower()
    end = at + 1
    while end < len(text) and end - at < 3 and text[end] in "*_":
        end += 1
    while end < len(text) and text[end] in " \t":
        end += 1
    return Mark(start, end, word, "label")


def _tag(text: str, at: int) -> Mark | None:
    match = _TAG.match(text, at)
    if match is None:
        return None
    word = match[2].lower()
    closes = match[1] is not None
    if word not in TAGS and not (closes and match[1] != "/"):
        return None
    special = text.startswith("<|", at)
    return Mark(at, match.end(), word, "close" if closes else "tag", special)


def _call(text: str, at: int) -> Mark | None:
    end = at
    while text[at] == "[" and end > 0 and at - end < 4 and text[end - 1] in " \t":
        end -= 1
    start = end
    while start > 0 and end - start < 16 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    word = text[start:end].lower()
    if word not in _CALLS or (start > 0 and text[start - 1] == "."):
        return None
    return Mark(start, at + 1, word, "call")


def step(text: str, mark: Mark) -> str:
    """How a trajectory marks a step of its own: by a label, or by a call that starts a line."""
    if mark.form == "call":
        return f"{mark.word}(" if mark.start == 0 or text[mark.start - 1] == "\n" else ""
    return mark.word if mark.form == "label" else ""


def names_tool(text: str, mark: Mark) -> bool:
    """True for ``Tool: search``, where no more than a tool is named, or called."""
    return mark.word == "tool" and _ALONE.match(text, mark.end) is not None


def ends_observation(mark: Mark, tag: str, around: str) -> bool:
    """An observation quotes the world: only its own closing tag, that of the tag ``around`` it, or
    a new step ends it."""
    if tag:
        return mark.form == "close" and (mark.word == tag or mark.special)
    if mark.form == "tag":
        return True
    if mark.form == "close":
        return mark.word == around or TAGS.get(mark.word) is Part.OBSERVATION
    return mark.form == "label" and mark.word in _STRONG


def conclusion(text: str, start: int, end: int) -> int:
    """Where the last line of an observation starts if it draws the conclusion, else its end."""
    last = end
    while last > start and text[last - 1].isspace():
        last -= 1
    line = text.rfind("\n", start, last) + 1
    return line if line > start and _CONCLUDES.match(text, line, last) is not None else end


def finishes(name: str) -> bool:
    """True for the name of a tool that takes the answer."""
    return name.lower() in FINISHES
