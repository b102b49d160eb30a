"""`smepo preview`: the exact prompt of one row, as the policy would read it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from smepo.cli import dataset
from smepo.data import Columns, choose_columns, find, iter_rows
from smepo.data.output import STATUS
from smepo.errors import ConfigError, InputError, MissingExtraError
from smepo.guidance import TRANSFORMS, Decision, Example, Guidance
from smepo.pipeline.prepare import MaskOptions, prepare
from smepo.prompting import (
    PLACEHOLDER,
    Prompt,
    Specials,
    compose,
    neutralise,
    render,
    special_tokens,
    unblank,
)
from smepo.types import PLACEHOLDER_NAMES, Kind, Row

_STYLES = {
    Kind.NUMBER: "black on yellow",
    Kind.EXPRESSION: "black on cyan",
    Kind.CHOICE: "black on bright_blue",
    Kind.CODE: "black on green",
    Kind.ENTITY: "black on bright_magenta",
    Kind.DATE: "black on bright_cyan",
    Kind.PASSAGE: "black on white",
    Kind.ANSWER: "white on red",
}
_KINDS = {name: kind for kind, name in PLACEHOLDER_NAMES.items()}
_TESTBED = "testbed:"
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {127: 0x2421}


@dataclass(frozen=True, slots=True)
class Preview:
    """One row, what it is shown, and the prompt; without a tokenizer only the user's words."""

    row: int
    example: Example
    transform: str
    decision: Decision
    content: str
    prompt: Prompt | None
    needed: int | None  # tokens of the prompt with all of the guidance
    specials: Specials

    def as_json(self, *, ids: bool) -> dict[str, Any]:
        blanks = self.example.blanks if self.transform == "masked" else ()
        found: dict[str, Any] = {
            "row": self.row,
            "id": self.example.id,
            "status": self.example.status.value,
            "transform": self.transform,
            "not_shown": self.decision.reason,
            "guidance": self.decision.text,
            "text": self.content if self.prompt is None else self.prompt.text,
            "blanks": [
                {"kind": b.kind.value, "role": b.role.value, "placeholder": b.placeholder}
                for b in blanks
            ],
            "tokens": None,
        }
        if self.prompt is not None:
            prompt = self.prompt
            found |= {
                "messages": prompt.messages,
                "guidance": prompt.guidance,
                "cut": prompt.cut,
                "dropped": prompt.dropped,
                "neutralised": prompt.neutralised,
                "tokens": {
                    "budget": prompt.budget,
                    "needed": self.needed,
                    "prompt": prompt.prompt_tokens,
                    "template": prompt.template_tokens,
                    "question": prompt.question_tokens,
                    "guidance": prompt.guidance_tokens,
                },
            }
            if ids:
                found["ids"] = list(prompt.ids)
        return found


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("preview")(preview)


def preview(
    source: Annotated[str, typer.Argument(metavar="IN", help="From `smepo mask`, or raw.")],
    row: Annotated[int, typer.Option(help="Position of the row, from 0.")] = 0,
    model: Annotated[str | None, typer.Option(help="Folder or name; testbed:math.")] = None,
    budget: Annotated[int, typer.Option(min=1, help="Tokens of the whole prompt.")] = 4096,
    transform: Annotated[str, typer.Option(help="none, full, prefix, random, masked.")] = "masked",
    ratio: Annotated[float, typer.Option(help="Share that `prefix` shows.")] = 0.5,
    system: Annotated[str | None, typer.Option(help="System message.")] = None,
    tools: Annotated[
        str | None,
        typer.Option(help="Tools in the template: `search`, or the tools.py of an export to verl."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of `random`.")] = 0,
    ids: Annotated[bool, typer.Option("--ids", help="Show the token ids.")] = False,
    as_json: dataset.AsJson = False,
    domain: Annotated[str | None, typer.Option(help="math, code, search, module:function.")] = None,
    mode: Annotated[str, typer.Option(help="How raw input is masked.")] = "critical-path",
    level: Annotated[str, typer.Option(help="Of code: block or skeleton.")] = "block",
    placeholders: Annotated[
        Literal["indexed", "plain"] | None, typer.Option(help="Default: that of the mode.")
    ] = None,
    audit: Annotated[bool, typer.Option(help="Audit what is masked here.")] = True,
    question: dataset.Question = None,
    target: dataset.Target = None,
    target_after: dataset.TargetAfter = None,
    trace: dataset.Traces = None,
    trace_part: dataset.TracePart = None,
    id: dataset.Id = None,
    aliases: Annotated[
        str | None,
        typer.Option(help="Column with other names of the target.", rich_help_panel="Columns"),
    ] = None,
    passages: dataset.Passages = "whole",
    verifier: dataset.VerifierPath = None,
    timeout: dataset.Timeout = 5.0,
    final_form: dataset.FinalForm = True,
) -> None:
    """Show the exact prompt of one row: blanks coloured, tokens counted against the budget.

    IN is what `smepo mask` wrote; of other input the row is masked here, with the same flags.
    """
    dataset.find_own_modules(domain, verifier)
    columns = choose_columns(
        find(source),
        question=question,
        target=target,
        target_after=target_after,
        part=trace_part,
        traces=tuple(trace or ()),
        id=id,
        need_traces=transform != "none",
    )
    chosen = _nth(source, columns, row)
    masking = MaskOptions(
        domain=domain or "",
        mode=mode,
        level=level,
        placeholders=placeholders,
        seed=seed,
        verifier=verifier,
        audit=audit,
        timeout=timeout,
        final_form=final_form,
        aliases=aliases,
        passages=passages,
    )
    example = _example(chosen, transform, masking)
    options = {"ratio": ratio} if transform == "prefix" else {}
    found = look(
        row,
        example,
        transform,
        options,
        model,
        budget=budget,
        system=system,
        seed=seed,
        tools=None if tools is None else _schemas(tools),
    )
    if as_json:
        typer.echo(json.dumps(found.as_json(ids=ids), ensure_ascii=False))
    else:
        _show(found, Console(highlight=False, soft_wrap=True), ids=ids)


def look(
    row: int,
    example: Example,
    transform: str,
    options: dict[str, Any],
    model: str | None,
    *,
    budget: int,
    system: str | None = None,
    seed: int = 0,
    tools: list[dict[str, Any]] | None = None,
) -> Preview:
    """The prompt that training would give ``example`` at step 0 under the schedule `always`.

    ``tools``: schemas that the chat template puts into the prompt.
    """
    if transform not in TRANSFORMS:
        raise ConfigError(f"--transform: {transform!r} is none of {', '.join(TRANSFORMS)}")
    decision = Guidance(TRANSFORMS[transform](**options), seed=seed).decide(example, 0)
    tokenizer = None if model is None else load_tokenizer(model)
    specials = special_tokens(tokenizer)
    prompt, needed = None, None
    if tokenizer is not None:
        asks = (tokenizer, example.question, decision.text)
        fixed: dict[str, Any] = {"system": system, "row_id": example.id}
        if tools is not None:
            fixed["template"] = {"tools": tools}
        prompt = whole = render(*asks, budget=budget, **fixed)
        if prompt.cut or prompt.dropped:
            whole = render(*asks, budget=None, **fixed)
        needed = whole.prompt_tokens
    asked = neutralise(unblank(example.question).text, specials).text
    given = None if decision.text is None else neutralise(decision.text, specials).text
    content = compose(asked, given)
    return Preview(row, example, transform, decision, content, prompt, needed, specials)


def _schemas(tools: str) -> list[dict[str, Any]]:
    """Of the search tools as TRL shows them, or of a file of functions as verl does."""
    if tools == "search":
        from smepo.search.schemas import schemas

        return schemas()
    from smepo.verl.export import schemas as of_file

    return of_file(Path(tools))


def load_tokenizer(model: str) -> Any:
    """The tokenizer of a folder, a model on the hub, or a testbed policy (``testbed:math``).

    Raises MissingExtraError without transformers, InputError if the model has no tokenizer.
    """
    try:
        import transformers
    except ImportError as error:
        raise MissingExtraError(
            "--model needs transformers: pip install 'smepo[hf]' (or leave --model out to see the "
            "text without token counts)"
        ) from error
    transformers.logging.set_verbosity_error()
    path = model
    if model.startswith(_TESTBED):
        from smepo.testbed import policy_path

        path = str(policy_path(model.removeprefix(_TESTBED)))
    try:
        return transformers.AutoTokenizer.from_pretrained(path)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"--model {model}: no tokenizer could be loaded: {first}") from error


def _nth(source: str, columns: Columns, position: int) -> Row:
    count = 0
    for item in iter_rows(source, columns):
        if count == position:
            if isinstance(item, Row):
                return item
            raise InputError(str(item))
        count += 1
    raise InputError(f"{source}: --row {position} is not there; rows go from 0 to {count - 1}")


def _example(row: Row, transform: str, masking: MaskOptions) -> Example:
    if transform == "none":
        return Example(row.id, row.question, row.target)
    if STATUS in row.columns:
        return Example.from_row(row)
    if not masking.domain:
        raise ConfigError("the input is not masked yet: give --domain math, code or search")
    return Example.from_prepared(prepare(row, masking))


def _show(found: Preview, console: Console, *, ids: bool) -> None:
    prompt, example = found.prompt, found.example
    text = found.content if prompt is None else prompt.text
    console.print(_coloured(text, found.specials))
    console.rule(style="dim")
    facts = [Text(f"row {found.row}, id {example.id}, status {example.status.value}")]
    facts.append(Text(f"transform {found.transform}: {_shown(found)}"))
    if counts := Counter(blank[1] for blank in PLACEHOLDER.finditer(text)):
        legend = [(f" {n} {name} ", _STYLES[_KINDS[name]]) for name, n in sorted(counts.items())]
        facts.append(Text.assemble("blanks:", *legend))
    if prompt is None:
        facts.append(Text("tokens: not counted; give --model for the template, counts and ids"))
    else:
        parts = f"template {prompt.template_tokens}, question {prompt.question_tokens}"
        parts += f", guidance {prompt.guidance_tokens}"
        facts.append(Text(f"tokens: {prompt.prompt_tokens} of {prompt.budget} ({parts})"))
        if prompt.neutralised:
            facts.append(Text(f"neutralised: {prompt.neutralised} special tokens or placeholders"))
    if ids and prompt is not None:
        facts.append(Text("ids: " + " ".join(map(str, prompt.ids))))
    for fact in facts:
        console.print(fact)


def _shown(found: Preview) -> str:
    text, prompt = found.decision.text, found.prompt
    if text is None:
        return f"no guidance ({found.decision.reason})"
    if prompt is None or not (prompt.cut or prompt.dropped):
        return "shown whole"
    if prompt.dropped:
        return f"dropped ({prompt.dropped}); the whole prompt needs {found.needed} tokens"
    shown = f"{len(prompt.guidance or '')} of {len(text)} characters"
    return f"cut to {shown}; the whole prompt needs {found.needed} tokens"


def _coloured(text: str, specials: Specials) -> Text:
    """``text`` with blanks in the colour of their kind and special tokens in reverse.

    Control characters become pictures: data must not drive the terminal.
    """
    text = text.translate(_PICTURES)
    coloured = Text(text)
    for start, end in specials.find(text):
        coloured.stylize("reverse dim", start, end)
    for blank in PLACEHOLDER.finditer(text):
        coloured.stylize(_STYLES[_KINDS[blank[1]]], *blank.span())
    return coloured
