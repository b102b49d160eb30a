"""The tokenizers of the tiny base policies: one token a word, phrase or number, bytes for the rest.

A hand-made vocabulary keeps sequences short, which is what a policy on a CPU pays for. Text is cut
by one regular expression; a piece that is in the vocabulary is one token, any other piece falls
back to its bytes, so that every text can be encoded and decoded without loss.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from smepo.prompting import WORDING
from smepo.types import PLACEHOLDER_NAMES

PAD, END, SYSTEM, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"
SPECIALS = (PAD, END, SYSTEM, USER, ASSISTANT)

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)

WORDING_PIECES = (
    f"\n\n{WORDING.example}\n",
    f".\n\n{WORDING.blanks}",
    f"\n\n{WORDING.blanks}",
)


def blanks(numbered: Mapping[str, int]) -> list[str]:
    """Every placeholder, plain, and those in ``numbered`` up to an index."""
    return [
        f"[{name}{suffix}]"
        for name in PLACEHOLDER_NAMES.values()
        for suffix in ("", *(f"_{i}" for i in range(1, numbered.get(name, 0) + 1)))
    ]


def _cut(pieces: Sequence[str]) -> Regex:
    """The expression that cuts text into pieces: literals first, then numbers, then one sign."""
    literal = [re.escape(piece) for piece in pieces if not piece.isdigit()]
    return Regex("|".join([*literal, r"\d{1,2}", r"[\s\S]"]))


def build(pieces: Sequence[str]) -> PreTrainedTokenizerFast:
    """The tokenizer with these pieces, tried in their order, ready to save."""
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    vocabulary = {token: i for i, token in enumerate(SPECIALS)}
    for byte in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocabulary[byte] = len(vocabulary)
    for piece in pieces:
        [(token, _)] = byte_level.pre_tokenize_str(piece)
        vocabulary.setdefault(token, len(vocabulary))
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[], ignore_merges=True))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(_cut(pieces), behavior="isolated"), byte_level]
    )
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([AddedToken(token, special=True) for token in SPECIALS])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[SYSTEM, USER, ASSISTANT],
        padding_side="left",
        model_max_length=512,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
