"""Small real tokenizers for tests: a byte-level BPE with or without a ChatML template."""

from typing import Any

import tokenizers
import transformers

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LINES = ["What is 6 times 7? Add them up.", "Here is an example solution:", "so 6*7 = [NUMBER_1]."]
SPECIALS = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]


def build(
    specials: list[str] = SPECIALS, *, fold: bool = False, template: str | None = CHATML
) -> Any:
    """A byte-level BPE; `fold` lowers case and width before added tokens are found."""
    raw = tokenizers.Tokenizer(tokenizers.models.BPE())
    raw.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet)
    raw.train_from_iterator(LINES, trainer)
    if fold:
        norm = tokenizers.normalizers
        raw.normalizer = norm.Sequence([norm.NFKC(), norm.Lowercase()])
    added = [tokenizers.AddedToken(text, special=True, normalized=fold) for text in specials]
    raw.add_special_tokens(added)
    raw.add_tokens([tokenizers.AddedToken("<think>"), tokenizers.AddedToken("  ")])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token=specials[1], pad_token=specials[2], chat_template=template
    )


def sentencepiece() -> Any:
    """As Llama 2: a BPE of pieces with byte fallback and `▁` for spaces, that adds `<s>` itself."""
    raw = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>", byte_fallback=True))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    raw.decoder = tokenizers.decoders.Sequence(
        [tokenizers.decoders.Metaspace(), tokenizers.decoders.ByteFallback()]
    )
    names = ["<unk>", "<s>", "</s>", *(f"<0x{code:02X}>" for code in range(256))]
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=330, special_tokens=names)
    raw.train_from_iterator([*LINES, "<s> </s> < s >"], trainer)
    raw.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", raw.token_to_id("<s>"))]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def words() -> Any:
    """One word a token, as small test policies have it; what it does not know is `<unk>`."""
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(unk_token="<unk>"))
    word = tokenizers.Regex(r"\s|\[\w+\]|\w+|[^\w\s]")
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split(word, "isolated")
    trainer = tokenizers.trainers.WordLevelTrainer(special_tokens=["<unk>", "<pad>", "<eos>"])
    raw.train_from_iterator([*LINES, "< | > / _ x"], trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<eos>", pad_token="<pad>", unk_token="<unk>"
    )
