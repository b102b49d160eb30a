"""The tokenizer of the search family's base policy: one token a word, a name or a phrase, bytes for
the rest, and a chat template with tool calls in the form of Qwen (`<tool_call>` around JSON)."""

from __future__ import annotations

import re

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from base_policy_tokenizer import ASSISTANT, END, PAD, SYSTEM, USER
from smepo.prompting import WORDING
from smepo.testbed.search import GEMS, HERBS, RELATIONS, names

TOOL = "<|tool|>"
SPECIALS = (PAD, END, SYSTEM, USER, ASSISTANT, TOOL)
CALL = '<tool_call>\n{"name": "search", "arguments": {"query": "'
CALLED = '"}}\n</tool_call>'
MAX_HOPS = 4
MAX_BLANKS = 8

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + (message['content'] or '') }}"
    "{% for call in message.get('tool_calls') or [] %}"
    '{{ \'<tool_call>\n{"name": "\' + call.function.name + \'", "arguments": \' }}'
    "{% if call.function.arguments is string %}{{ call.function.arguments }}"
    "{% else %}{{ call.function.arguments | tojson }}{% endif %}"
    "{{ '}\n</tool_call>' }}"
    "{% endfor %}"
    "{{ '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
# How transformers (below 5.13) reads tool calls out of a completion.
RESPONSE_SCHEMA = {
    "type": "object",
    "x-regex": r"^(?P<content>(?:(?!<tool_call>)[\s\S])*?)"
    r"(?P<tool_calls>(?:<tool_call>(?:(?!</tool_call>)[\s\S])+</tool_call>)+)?(?:<\|end\|>|$)",
    "properties": {
        "role": {"const": "assistant"},
        "content": {"type": "string"},
        "tool_calls": {
            "type": "array",
            "x-regex-iterator": r"<tool_call>\s*(.+?)\s*</tool_call>",
            "items": {
                "x-parser": "json",
                "x-parser-args": {"transform": "{type: 'function', function: @}"},
                "type": "object",
                "properties": {
                    "type": {"const": "function"},
                    "function": {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string"},
                            "arguments": {"type": "object", "additionalProperties": {}},
                        },
                    },
                },
            },
        },
    },
}

PHRASES = (
    f"\n\n{WORDING.example}\n",
    f".\n\n{WORDING.blanks}",
    f"\n\n{WORDING.blanks}",
    "Start at ",
    ". Whom do you reach?",
    "Thought: First the ",
    ", then the ",
    ".\nAction: search[",
    ".\nAction: finish[",
    "]\nAction: search[",
    "]\nAction: finish[",
    "]\nObservation: ",
    ".\nThought: The ",
    "\nThought: The ",
    " of ",
    " is ",
    ": ",
    ", ",
    "<answer>",
    "</answer>",
    CALL,
    CALLED,
)


def pieces() -> list[str]:
    """Every piece of text that is one token."""
    numbered = [f"{i}) " for i in range(1, MAX_HOPS + 1)]
    blanks = [
        f"[{name}{suffix}]"
        for name in ("ENTITY", "PASSAGE", "ANSWER")
        for suffix in ("", *(f"_{i}" for i in range(1, MAX_BLANKS + 1)))
    ]
    words = [*RELATIONS, *GEMS, *HERBS]
    spaced = [*(f" {r}" for r in RELATIONS), *(f"{r} of " for r in RELATIONS)]
    before_names = [f"{word} " for word in (*RELATIONS, *HERBS)]
    return [*PHRASES, *numbered, *blanks, *before_names, *spaced, *words, *names()]


def build() -> PreTrainedTokenizerFast:
    """The tokenizer, ready to save."""
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    vocabulary = {token: i for i, token in enumerate(SPECIALS)}
    for byte in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocabulary[byte] = len(vocabulary)
    for piece in pieces():
        [(token, _)] = byte_level.pre_tokenize_str(piece)
        vocabulary.setdefault(token, len(vocabulary))
    literal = sorted(map(re.escape, pieces()), key=len, reverse=True)
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[], ignore_merges=True))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex("|".join([*literal, r"[\s\S]"])), behavior="isolated"),
            byte_level,
        ]
    )
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([AddedToken(token, special=True) for token in SPECIALS])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[SYSTEM, USER, ASSISTANT, TOOL],
        padding_side="left",
        model_max_length=512,
        clean_up_tokenization_spaces=False,
        response_schema=RESPONSE_SCHEMA,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
