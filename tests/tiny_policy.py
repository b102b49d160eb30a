"""A random policy of a few thousand weights and its tokenizer, for tests of the trainer."""

from __future__ import annotations

from typing import Any

WORDS = (
    "What is the sum of product times plus minus Add Then so gives answer The total has apples "
    "pens Here an example solution : . , ? = + - * ( ) [ ] _ # \\boxed { } NUMBER EXPR "
    "Question Answer Names in square brackets stand for hidden parts that you have to work out"
).split()

CHAT = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tokenizer(*, chat: bool = True) -> Any:
    """Words, single digits and punctuation; ``chat`` gives it a chat template."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from tokenizers.decoders import Fuse, Replace, Sequence
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<unk>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]
    pieces = [*special, " ", "\n", *"0123456789", *WORDS]
    vocab = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    raw = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Split(Regex(r"\\?[A-Za-z]+|\d|\s|[^\w\s]|_"), "isolated")
    raw.decoder = Sequence([Replace("\u0000", ""), Fuse()])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="<|end|>",
        additional_special_tokens=special[3:],
        padding_side="left",
        chat_template=CHAT if chat else None,
    )


def model(size: int, *, seed: int = 0, positions: int = 512) -> Any:
    """A Qwen2 of two small layers with random weights, in evaluation mode."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    return Qwen2ForCausalLM(config).eval()
