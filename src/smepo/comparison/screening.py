"""The hard rows of a family, found once by its base policy before any arm runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smepo.errors import ConfigError, InputError
from smepo.training.config import RunConfig
from smepo.training.records import write_json


@dataclass(frozen=True, slots=True)
class Screening:
    """``config`` is a run of the family with the rows before the screen; the hard ones go to
    ``path``, where every arm reads them, and the counts beside it (.json)."""

    family: str
    config: RunConfig
    path: Path
    k: int
    below: float

    @property
    def note(self) -> Path:
        """What was screened, and what came of it."""
        return self.path.with_suffix(".json")

    def asked(self) -> dict[str, Any]:
        """What a screen that is there already must have been asked, too."""
        data = self.config.data.model_dump(mode="json")
        return {"model": self.config.model, "data": data, "k": self.k, "below": self.below}

    def done(self) -> bool:
        """True if the hard rows are there. Raises ConfigError for those of another screen."""
        if not (self.path.is_file() and self.note.is_file()):
            return False
        held = json.loads(self.note.read_text(encoding="utf-8"))
        if held["asked"] != json.loads(json.dumps(self.asked())):
            raise ConfigError(
                f"{self.path}: holds the rows of another screen than the comparison asks for; give "
                "another --out, or delete the folder"
            )
        return True

    def told(self) -> str:
        """The counts in words; empty before the screen."""
        if not self.done():
            return ""
        held = json.loads(self.note.read_text(encoding="utf-8"))["found"]
        total = held["hard"] + held["solved"] + held["undecided"]
        return (
            f"{held['hard']} of {total} rows are solved in under {100 * self.below:g} % of "
            f"{self.k} completions"
        )


def find_hard(
    config: RunConfig, path: Path, k: int, below: float, progress: Callable[[int], None]
) -> None:
    """Answer every training row ``k`` times without guidance and write those that are rarely
    solved. Raises InputError if there are none, or if the rows carry guidance."""
    from smepo.evaluation import evaluate
    from smepo.evaluation.screen import screen, write
    from smepo.training import assemble
    from smepo.training.rows import read
    from smepo.verifiers import verifier

    rows, _ = read(config.data, "data")
    result = evaluate(
        assemble.load_model(config),
        assemble.load_tokenizer(config),
        rows,
        verifier(config.judge, **config.verifier.options),
        k=k,
        max_new_tokens=config.sampling.max_completion_length,
        temperature=config.sampling.temperature,
        top_p=config.sampling.top_p,
        seed=config.seed,
        budget=config.prompt.budget,
        system=config.prompt.system,
        progress=progress,
    )
    found = screen(rows, result, below)
    if not found.rows:
        raise InputError(f"screen.below: no row is solved in under {100 * below:g} % of {k}")
    write(found, path)
    write_json(
        path.with_suffix(".json"),
        {
            "asked": Screening("", config, path, k, below).asked(),
            "found": found.summary(),
        },
    )
