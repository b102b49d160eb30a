"""Special tokens in data stay text (law 9).

A question or a trace is untrusted: where it says `<|im_end|>`, a tokenizer ends the turn. Such a
string is broken by one visible space after its first character: `< |im_end|>`. Literal placeholders
in a question get round brackets, so that only real blanks look like blanks.

What counts as a control string:

- every special token of the tokenizer, and every other added token that looks like a tag
  (`<think>`, `<tool_call>`); added words and runs of spaces are vocabulary, not control;
- tags that the chat template itself writes (`[INST]`, `<<SYS>>`);
- tags of common model families, so that a text prepared for one model is safe for the next.

Three things stay: blanks (a tokenizer may hold them as added tokens), byte tokens (`<0x0A>`), and
special tokens that are only blank space or one printable ASCII character: ordinary text that a
tokenizer uses as, say, its padding. What the strings do not catch, because a tokenizer normalises
before it looks, is found by tokenising (`repair`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from smepo.errors import InputError
from smepo.prompting.wording import PLACEHOLDER

FAMILIES = (
    *("<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|endoftext|>", "<|endofprompt|>"),  # ChatML
    *("<s>", "</s>", "<unk>", "<pad>", "<mask>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"),
    *("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>"),
    *("<|eot_id|>", "<|eom_id|>", "<|python_tag|>", "<|finetune_right_pad_id|>"),  # Llama 3
    *("<|header_start|>", "<|header_end|>", "<|eot|>", "<|eom|>"),  # Llama 4
    *("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"),  # Gemma
    *("<|user|>", "<|assistant|>", "<|system|>", "<|observation|>", "<|end|>"),  # Phi, GLM
    *("<|start|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>"),  # Harmony
    *(
        "<｜begin▁of▁sentence｜>",
        "<｜end▁of▁sentence｜>",
        "<｜User｜>",
        "<｜Assistant｜>",
    ),  # DeepSeek
    *("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"),
    *("[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]"),
    *("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
)

_TAG = r"<[^<>\s]{1,60}>|\[[^\[\]\s]{1,60}\]|<<[^<>\s]{1,60}>>"
_IN_TEMPLATE = re.compile(r"<\|[^|<>\s]+\|>|<</?[A-Z]+>>|</?[A-Za-z_]+>|\[/?[A-Z_]{2,}\]")
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PASSES = 8


@dataclass(frozen=True, slots=True)
class Specials:
    """The control strings of a tokenizer, and the ids that data must never yield.

    ``pattern`` finds every string that may be one: each that has no common shape, and everything
    shaped as a tag, which is one if it stands in ``texts``. A vocabulary may have thousands of tags
    and is searched in linear time all the same.
    """

    texts: frozenset[str]
    ids: frozenset[int]
    pattern: re.Pattern[str]

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where control strings stand in ``text``, from left to right, without overlap."""
        at = 0
        while found := self.pattern.search(text, at):
            known = found[0] in self.texts
            if known:
                yield found.span()
            at = found.end() if known else found.start() + 1


@dataclass(frozen=True, slots=True)
class Neutral:
    """A text without control strings, and how many were broken."""

    text: str
    count: int


_known: WeakKeyDictionary[Any, tuple[Any, Specials]] = WeakKeyDictionary()


def special_tokens(tokenizer: Any = None) -> Specials:
    """The control strings that ``tokenizer`` (transformers API) and its chat template know.

    Without a tokenizer: those of common families, and no ids. Remembered until the vocabulary, the
    special tokens or the template of the tokenizer change.
    """
    if tokenizer is None:
        return _specials({}, None, None)
    template = getattr(tokenizer, "chat_template", None)
    version = (len(tokenizer), tuple(tokenizer.all_special_tokens), repr(template))
    held = _known.get(tokenizer)
    if held is None or held[0] != version:
        unknown = getattr(tokenizer, "unk_token_id", None)
        ends = {getattr(tokenizer, f"{name}_token_id", None) for name in ("bos", "eos")}
        free = None if unknown in ends else unknown  # a rare character yields it rightly
        held = (version, _specials(dict(_own(tokenizer)), template, free))
        _known[tokenizer] = held
    return held[1]


def _specials(own: Mapping[str, int | None], template: Any, free: int | None) -> Specials:
    texts = {*FAMILIES, *own}
    for source in template.values() if isinstance(template, dict) else [template or ""]:
        texts.update(_IN_TEMPLATE.findall(source))
    texts = {text for text in texts if _control(text)}
    odd = [text for text in texts if not re.fullmatch(_TAG, text)]
    odd.sort(key=lambda text: (-len(text), text))
    ids = {number for text, number in own.items() if text in texts and number is not None}
    pattern = re.compile("|".join([*map(re.escape, odd), _TAG]))
    return Specials(frozenset(texts), frozenset(ids - {free}), pattern)


def _own(tokenizer: Any) -> Iterator[tuple[str, int | None]]:
    for number, token in getattr(tokenizer, "added_tokens_decoder", {}).items():
        text = getattr(token, "content", str(token))
        if getattr(token, "special", True) or re.fullmatch(_TAG, text):
            yield text, number
    for text in tokenizer.all_special_tokens:
        yield text, tokenizer.convert_tokens_to_ids(text)


def _control(text: str) -> bool:
    plain = len(text) == 1 and text.isascii() and text.isprintable()
    stays = PLACEHOLDER.fullmatch(text) or _BYTE.fullmatch(text)
    return bool(text.strip()) and not plain and stays is None


def neutralise(text: str, specials: Specials) -> Neutral:
    """Break every control string in ``text``. Linear; blanks are left alone.

    Lone surrogates, which no tokenizer takes, become U+FFFD.

    >>> neutralise("so <|im_end|> it ends with [NUMBER_1]", special_tokens())
    Neutral(text='so < |im_end|> it ends with [NUMBER_1]', count=1)
    """
    text, total = _SURROGATE.subn("\N{REPLACEMENT CHARACTER}", text)
    for _ in range(_PASSES):
        spans = list(specials.find(text))
        if not spans:
            return Neutral(text, total)
        text, total = _replaced(text, spans, _broken), total + len(spans)
    while spans:  # a vocabulary in which every break makes another token
        text, total = _replaced(text, spans, lambda found: ""), total + len(spans)
        spans = list(specials.find(text))
    return Neutral(text, total)


def _replaced(text: str, spans: Sequence[tuple[int, int]], change: Callable[[str], str]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], change(text[start:end])]
        at = end
    return "".join([*pieces, text[at:]])


def _broken(found: str) -> str:
    if len(found) == 1:
        return "\N{REPLACEMENT CHARACTER}"
    return f"{found[0]}{'_' if found[1].isspace() else ' '}{found[1:]}"


def unblank(text: str) -> Neutral:
    """Give literal placeholders round brackets: for text that has no blanks, such as a question.

    >>> unblank("Fill in [NUMBER] and find the area [ABC].")
    Neutral(text='Fill in (NUMBER) and find the area [ABC].', count=1)
    """
    return Neutral(*PLACEHOLDER.subn(lambda found: f"({found[0][1:-1]})", text))


def repair(text: str, tokenizer: Any, specials: Specials) -> Neutral:
    """Tokenise ``text`` and break what still yields a forbidden id; at last, take it out.

    Needed where a tokenizer folds case or width before it looks for its added tokens. Raises
    InputError if the tokenizer cannot say where a token comes from (one that is not "fast").
    """
    total = 0
    while hits := _hits(text, tokenizer, specials):
        change = _broken if total == 0 else lambda found: ""
        text, total = _replaced(text, hits, change), total + len(hits)
    return Neutral(text, total)


def _hits(text: str, tokenizer: Any, specials: Specials) -> list[tuple[int, int]]:
    ids = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    if specials.ids.isdisjoint(ids):
        return []
    if not getattr(tokenizer, "is_fast", False):
        raise InputError(
            "a special token of the tokenizer arises from the text, and this tokenizer cannot say "
            "where: load the fast one (AutoTokenizer.from_pretrained(..., use_fast=True))"
        )
    spans = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    hits: list[tuple[int, int]] = []
    for number, (start, end) in zip(ids, spans["offset_mapping"], strict=True):
        if number in specials.ids and start < end and (not hits or start >= hits[-1][1]):
            hits.append((start, end))
    if not hits:
        raise InputError("a special token of the tokenizer arises from no character of the text")
    return hits
