"""One sample row a domain from end to end: masked, audited, put into a prompt, judged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from smepo import samples
from smepo.doctor.finding import Finding, absent, bad, guarded, ok
from smepo.guidance import Example, Guidance
from smepo.pipeline.prepare import MaskOptions, prepare
from smepo.prompting import PLACEHOLDER, compose, render
from smepo.types import Row
from smepo.verifiers import CodeVerifier, verifier

QUESTION = "What is 6 times 7?"
BLANKS = "First 6*7 = [NUMBER_1] for [ENTITY_2] in [CODE]. So the answer is [ANSWER]."


def dry_runs(tokenizer: Any, budget: int) -> Iterator[Finding]:
    """A sample row of each domain, as `smepo mask` and training treat it."""
    for domain in samples.DOMAINS:
        name = f"dry run {domain}"
        todo = "the message says what failed; report it with the output of `smepo doctor --json`"
        yield guarded(name, partial(_dry, name, domain, tokenizer, budget), todo)


def _dry(name: str, domain: str, tokenizer: Any, budget: int) -> Finding:
    row = samples.load(domain)[0]
    prepared = prepare(row, MaskOptions(domain=domain))
    text = Guidance.from_name("smepo").text(Example.from_prepared(prepared), 0)
    if text is None:
        return bad(name, f"no guidance: {prepared.status.value}", "`smepo mask` a file to see why")
    if tokenizer is None:
        prompt, tokens = compose(row.question, text), "no tokenizer"
    else:
        made = render(tokenizer, row.question, text, budget=budget, row_id=row.id)
        prompt, tokens = made.text, f"{made.prompt_tokens} tokens"
    judge = verifier(domain)
    right, copied = judge(_solution(row, domain), row.target), judge(text, row.target)
    if right.score != 1.0:
        return bad(name, f"the right answer scores {right.score}: {right.detail}", "see `sandbox`")
    if copied.score != 0.0:
        return bad(name, "what the prompt shows scores", "do not train; report this sample")
    blanks = len(PLACEHOLDER.findall(prompt))
    return ok(name, f"{prepared.status.value}, {blanks} blanks, {tokens}, right 1, copied 0")


def _solution(row: Row, domain: str) -> str:
    """A completion that deserves its reward."""
    if domain == "code":
        return str(row.traces[0])
    target = row.target if isinstance(row.target, str) else row.target[0]
    return str(verifier(domain).wrap(target))


def sandbox() -> Finding:
    """At which level programs of a policy run."""
    judge = verifier("code")
    assert isinstance(judge, CodeVerifier)
    with judge.boxes.box() as box:
        level = box.isolation
    if level.startswith("bubblewrap"):
        return ok("sandbox", level)
    todo = "install bubblewrap (apt install bubblewrap) and allow user namespaces"
    if level.startswith("unshare"):
        return absent("sandbox", level, f"good enough; for less to trust {todo}")
    return bad("sandbox", f"{level}: programs can read what you can read", todo)


def index(where: str) -> Finding:
    """Whether passages come back for a query."""
    from smepo.search import Index, Remote

    retriever = Remote(where) if "://" in where else Index.open(where)
    size = "a retriever" if isinstance(retriever, Remote) else f"{len(retriever):,} passages"
    found = retriever.search("the first of them", 1)
    if not found:
        return bad("index", f"{where}: {size}, nothing found", "build it again: `smepo index`")
    return ok("index", f"{where}: {size}, answers with {found[0].title!r}")


def template(tokenizer: Any, model: str) -> Finding:
    """Whether blanks come through the chat template and the vocabulary as they are."""
    name = "chat template"
    prompt = render(tokenizer, QUESTION, BLANKS, budget=None)
    if prompt.messages is None:
        todo = "TRL uses a plain prompt; for verl put a chat_template.jinja beside the tokenizer"
        return absent(name, f"{model} has none", todo)
    back = tokenizer.decode(prompt.ids)
    lost = [one[0] for one in PLACEHOLDER.finditer(BLANKS) if one[0] not in back]
    if lost:
        todo = "its vocabulary cannot spell them; take another model, or --placeholders plain"
        return bad(name, f"{model} loses {', '.join(lost)}", todo)
    cost = len(tokenizer("[NUMBER_1]", add_special_tokens=False)["input_ids"])
    return ok(name, f"{model}: blanks survive, one costs {cost} tokens")
