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
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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

_TAG = re.compile(r"<[^\s<>]+>|\[[^\s\[\]]+\]|<<[^\s<>]+>>")
_IN_TEMPLATE = re.compile(r"<\|[^|<>\s]+\|>|<</?[A-Z]+>>|</?[A-Za-z_]+>|\[/?[A-Z_]{2,}\]")
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PASSES = 8


@dataclass(frozen=True, slots=True)
class Specials:
    """The control strings of a tokenizer, longest first, and the ids that data must never yield."""

    texts: tuple[str, ...]
    ids: frozenset[int]

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.texts)))


@dataclass(frozen=True, slots=True)
class Neutral:
    """A text without control strings, and how many were broken."""

    text: str
    count: int


def special_tokens(tokenizer: Any = None) -> Specials:
    """The control strings that ``tokenizer`` (transformers API) and its chat template know.

    Without a tokenizer: those of common families, and no ids.
    """
    known = {} if tokenizer is None else dict(_own(tokenizer))
    texts = {*FAMILIES, *known}
    template = getattr(tokenizer, "chat_template", None) if tokenizer is not None else None
    for source in template.values() if isinstance(template, dict) else [template or ""]:
        texts.update(_IN_TEMPLATE.findall(source))
    ids = {known[text] for text in known if _control(text)}
    unknown = getattr(tokenizer, "unk_token_id", None)
    if unknown not in {getattr(tokenizer, f"{name}_token_id", None) for name in ("bos", "eos")}:
        ids.discard(unknown)  # a rare character yields it rightly
    return Specials(
        tuple(sorted(filter(_control, texts), key=lambda text: (-len(text), text))),
        frozenset(i for i in ids if i is not None),
    )


def _own(tokenizer: Any) -> Iterable[tuple[str, int | None]]:
    for number, token in getattr(tokenizer, "added_tokens_decoder", {}).items():
        text = getattr(token, "content", str(token))
        if getattr(token, "special", True) or _TAG.fullmatch(text):
            yield text, number
    for text in getattr(tokenizer, "all_special_tokens", ()):
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
    pattern = specials.pattern
    for _ in range(_PASSES):
        text, count = pattern.subn(_broken, text)
        total += count
        if not count:
            return Neutral(text, total)
    while count:  # a vocabulary in which every break makes another token
        text, count = pattern.subn("", text)
        total += count
    return Neutral(text, total)


def _broken(found: re.Match[str]) -> str:
    text = found[0]
    if len(text) == 1:
        return "\N{REPLACEMENT CHARACTER}"
    return f"{text[0]}{'_' if text[1].isspace() else ' '}{text[1:]}"


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
        pieces, at = [], 0
        for start, end in hits:
            found = text[start:end]
            kept = f"{found[0]} {found[1:]}" if total == 0 and len(found) > 1 else ""
            pieces += [text[at:start], kept]
            at = end
        text, total = "".join([*pieces, text[at:]]), total + len(hits)
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
