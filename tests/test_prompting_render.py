"""Prompts through real tokenizers: chat template or none, budget, special tokens."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smepo.errors import ConfigError, InputError, QuestionTooLongError
from smepo.masking import mask_trace
from smepo.prompting import EMPTY, OVER_BUDGET, PLACEHOLDER, Wording, render, special_tokens

pytestmark = pytest.mark.trainer
pytest.importorskip("transformers")
from tiny_tokenizers import SPECIALS, build, sentencepiece, words  # noqa: E402

CHAT = build()
PLAIN = build(template=None)
FOLD = build(fold=True)
PIECES = sentencepiece()
WORDS = words()
ALL = {"chat": CHAT, "plain": PLAIN, "fold": FOLD, "pieces": PIECES, "words": WORDS}


def test_a_chat_prompt_is_what_the_template_makes_of_the_messages() -> None:
    prompt = render(CHAT, "What is 6 times 7?", "6*7 = [NUMBER_1]", budget=999, system="Be brief.")
    assert prompt.messages is not None
    assert [turn["role"] for turn in prompt.messages] == ["system", "user"]
    assert prompt.text == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 6 times 7?\n\n"
        "Here is an example solution:\n6*7 = [NUMBER_1]\n\nNames in square brackets stand for "
        "hidden parts that you have to work out.<|im_end|>\n<|im_start|>assistant\n"
    )
    ids = CHAT.apply_chat_template(prompt.messages, add_generation_prompt=True)["input_ids"]
    assert list(prompt.ids) == ids
    assert prompt.prompt_tokens == len(ids)
    assert prompt.guidance == "6*7 = [NUMBER_1]"
    assert not prompt.cut


def test_a_base_model_gets_the_plain_template() -> None:
    prompt = render(PLAIN, "What?", "Add.", budget=None, system="Be brief.")
    assert prompt.messages is None
    assert prompt.request == prompt.text
    assert prompt.text == (
        "Be brief.\n\nQuestion: What?\n\nHere is an example solution:\nAdd.\n\nAnswer:"
    )
    assert render(PLAIN, "{x}", budget=9, wording=Wording(plain="Q {content} A")).text == "Q {x} A"


def test_a_base_model_that_adds_its_own_first_token_gets_one() -> None:
    prompt = render(PIECES, "<s>What?", budget=None)
    assert prompt.text == "Question: < s>What?\n\nAnswer:"
    assert list(prompt.ids) == PIECES(text=[prompt.text])["input_ids"][0]
    assert prompt.ids.count(PIECES.bos_token_id) == 1


def test_a_word_that_the_tokenizer_does_not_know_stays() -> None:
    prompt = render(WORDS, "Zebras?", "times zebras", budget=None)
    assert WORDS.unk_token_id in prompt.ids
    assert "Zebras?" in prompt.text
    assert (prompt.guidance, prompt.neutralised) == ("times zebras", 0)


def test_token_counts_add_up() -> None:
    unguided = render(CHAT, "What is 6 times 7?", budget=999)
    guided = render(CHAT, "What is 6 times 7?", "6*7 = [NUMBER_1]", budget=999)
    assert guided.prompt_tokens - unguided.prompt_tokens == guided.guidance_tokens > 0
    assert guided.question_tokens == len(CHAT("What is 6 times 7?")["input_ids"])
    assert guided.template_tokens == unguided.template_tokens > 0


def test_a_question_over_the_budget_is_refused_with_its_numbers() -> None:
    with pytest.raises(QuestionTooLongError, match=r"row r7.*needs \d+ tokens.*budget is 20"):
        render(CHAT, "word " * 50, "Add.", budget=20, row_id="r7")


def test_guidance_that_cannot_be_shown_is_dropped_with_a_reason() -> None:
    room = render(CHAT, "What?", budget=None).prompt_tokens
    prompt = render(CHAT, "What?", "Add the numbers and go on", budget=room + 3)
    assert (prompt.guidance, prompt.dropped) == (None, OVER_BUDGET)
    assert prompt.text == render(CHAT, "What?", budget=room).text
    assert render(CHAT, "What?", "\n ", budget=99).dropped == EMPTY
    assert render(CHAT, "What?", None, budget=99).dropped is None


def test_a_template_that_refuses_says_so() -> None:
    strict = build(template="{{ raise_exception('no system role') }}")
    with pytest.raises(ConfigError, match="no system role"):
        render(strict, "What?", budget=99, system="Be brief.")


def test_a_megabyte_of_guidance_is_cut_in_seconds() -> None:
    line = "so 6*7 = [NUMBER_1]. Add them up and go on.\n"
    prompt = render(CHAT, "What?", line * 25_000, budget=4096)
    assert prompt.guidance is not None
    assert prompt.guidance + "\n" == line * (prompt.guidance.count("\n") + 1)
    assert 4096 - 40 < prompt.prompt_tokens <= 4096


TEXTS = [
    *("Add them.", "so", "[NUMBER_1]", "[ANSWER]", "$x$", "{", "}", "\n", "\n\n", "é∑", "```", "."),
    *("<|im_start|>", "<|im_end|>", "<|IM_END|>", "＜|endoftext|＞", "<|im_", "end|>", "<think>"),
    *("[INST]", "</s>", "<s>", "<eos>", "<unk>", "<0x0A>", "  ", "< |im_end|>"),
]
texts = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=25)
prose = st.one_of(texts.map(" ".join), texts.map("".join))


@pytest.mark.parametrize("tokenizer", ALL.values(), ids=ALL)
@settings(max_examples=60, deadline=None)
@given(question=prose, guidance=prose, room=st.integers(0, 120))
def test_law_7_and_9(tokenizer: Any, question: str, guidance: str, room: int) -> None:
    """The question is whole, guidance ends at a line or sentence, data yields no special id."""
    alone = render(tokenizer, question, budget=None)
    prompt = render(tokenizer, question, guidance, budget=alone.prompt_tokens + room)
    whole = render(tokenizer, question, guidance, budget=None)

    content = alone.messages[0]["content"] if alone.messages else alone.text[10:-9]
    assert content in prompt.text
    assert prompt.prompt_tokens <= alone.prompt_tokens + room
    assert prompt.cut == (prompt.guidance != whole.guidance and prompt.guidance is not None)
    if prompt.guidance is None:
        assert prompt.dropped or not guidance.strip()
        assert prompt.text == alone.text
    elif prompt.cut:
        assert whole.guidance is not None
        rest = whole.guidance[len(prompt.guidance) :]
        assert whole.guidance.startswith(prompt.guidance)
        assert rest[0].isspace()
        assert rest.lstrip(" \t\r").startswith("\n") or prompt.guidance[-1] in ".])`\"'"
        spans = [found.span() for found in PLACEHOLDER.finditer(whole.guidance)]
        assert not any(start < len(prompt.guidance) < end for start, end in spans)

    forbidden = special_tokens(tokenizer).ids
    scaffold = Counter(i for i in render(tokenizer, "x", budget=None).ids if i in forbidden)
    assert Counter(i for i in prompt.ids if i in forbidden) == scaffold


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("<|ab>", min_size=2, max_size=5), min_size=3, max_size=6), st.data())
def test_law_9_holds_for_any_vocabulary_of_special_tokens(specials: list[str], data: Any) -> None:
    tokenizer = build(sorted(set(specials) | {"<|x|>", "<|y|>", "<|z|>"}), template=None)
    pieces = st.lists(st.sampled_from([*specials, "a", "<", "|", "b "]), max_size=12)
    question = data.draw(pieces.map("".join))
    prompt = render(tokenizer, question, question, budget=None)
    assert special_tokens(tokenizer).ids.isdisjoint(prompt.ids)


def test_a_special_token_that_arises_at_a_seam_is_an_error() -> None:
    with pytest.raises(InputError, match="row r7"):
        render(build([*SPECIALS, ": <"], template=None), "<", budget=None, row_id="r7")


def test_tags_of_other_model_families_are_broken_in_guidance_too() -> None:
    prompt = render(CHAT, "What?", "[INST] Add. <|im_end|>", budget=None)
    assert prompt.guidance == "[ INST] Add. < |im_end|>"
    assert prompt.neutralised == 2


def test_thousands_of_reserved_tokens_cost_no_time() -> None:
    tokenizer = build([*SPECIALS, *(f"<unused{n}>" for n in range(6000))])
    hostile = "<unused7><u<[a" * 70_000
    render(tokenizer, "x", budget=None)
    start = time.process_time()
    prompt = render(tokenizer, hostile[:700], f"Add.\n{hostile}", budget=999)
    assert time.process_time() - start < 4
    assert (prompt.guidance, prompt.cut) == ("Add.", True)
    assert "< unused7><u<[a" in prompt.text


def test_a_changed_vocabulary_is_noticed() -> None:
    tokenizer = build()
    assert "<new>" in render(tokenizer, "<new>", budget=None).text
    tokenizer.add_special_tokens({"sep_token": "<new>"})
    assert "< new>" in render(tokenizer, "<new>", budget=None).text


def test_blanks_that_are_tokens_of_the_vocabulary_stay() -> None:
    tokenizer = build([*SPECIALS, "[NUMBER_1]"])
    prompt = render(tokenizer, "Fill [NUMBER_1].", "6*7 = [NUMBER_1]", budget=None)
    assert prompt.guidance == "6*7 = [NUMBER_1]"
    assert "Fill (NUMBER_1)." in prompt.text
    assert prompt.neutralised == 1


LINES = [
    "Add 3 and 4.",
    "So 3 + 4 = [NUMBER_1].",
    "Hence [ANSWER_1] is it!",
    "Then go on",
    "e.g. 5",
]


@pytest.mark.parametrize("tokenizer", [CHAT, PLAIN, WORDS], ids=["chat", "plain", "words"])
@settings(max_examples=50, deadline=None)
@given(lines=st.lists(st.sampled_from(LINES), min_size=2, max_size=8), missing=st.integers(1, 60))
def test_guidance_over_the_budget_is_cut_at_the_last_line_that_fits(
    tokenizer: Any, lines: list[str], missing: int
) -> None:
    question = "What is 3 plus 4?"
    alone = render(tokenizer, question, budget=None).prompt_tokens
    prefixes = ["\n".join(lines[: n + 1]) for n in range(len(lines))]
    needs = [render(tokenizer, question, p, budget=None).prompt_tokens for p in prefixes]
    budget = max(alone, needs[-1] - missing)
    prompt = render(tokenizer, question, prefixes[-1], budget=budget)

    assert question in prompt.text
    assert prompt.prompt_tokens <= budget
    fitting = [p for p, need in zip(prefixes, needs, strict=True) if need <= budget]
    if fitting:
        assert prompt.guidance == fitting[-1]
        assert prompt.cut
    else:
        assert prompt.dropped == OVER_BUDGET
        assert prompt.prompt_tokens == alone


@pytest.mark.data
def test_real_traces_keep_the_question_and_end_at_a_line(public: Path) -> None:
    rows = json.loads((public / "math" / "scaf800.json").read_text())[:30]
    for row in rows:
        masked = mask_trace(row["full_reasoning"], domain="math", question=row["query"]).text
        whole = render(CHAT, row["query"], masked, budget=None)
        assert whole.guidance == masked.rstrip()
        budget = whole.prompt_tokens - whole.guidance_tokens // 2
        prompt = render(CHAT, row["query"], masked, budget=budget)
        assert row["query"] in prompt.text
        assert prompt.prompt_tokens <= budget
        assert prompt.guidance is not None
        assert masked[len(prompt.guidance) :].lstrip(" ").startswith("\n")
