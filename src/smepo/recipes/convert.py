"""One prompt as a row of each trainer. The fields were read in the sources of the trainers.

Where a trainer hands the reward one text only, the judge travels with the row, as JSON
``{"verifier": ..., "target": ...}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from smepo.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Item:
    """A row on its way out. ``prompt``: messages, with guidance if the row is to carry any."""

    index: int
    id: str
    prompt: list[dict[str, str]]
    target: Any
    domain: str
    judge: str  # a domain, or module:function
    split: str  # "train" or "validation"

    @property
    def label(self) -> str:
        """Judge and target in one text; `smepo.recipes.rewards` reads it."""
        return json.dumps({"verifier": self.judge, "target": self.target}, ensure_ascii=False)

    @property
    def answer(self) -> str:
        """The target as a text, for trainers that judge by themselves."""
        return self.target if isinstance(self.target, str) else json.dumps(self.target)


def openrlhf(item: Item) -> dict[str, Any]:
    """OpenRLHF: ``--input_key input --label_key label --apply_chat_template``."""
    return {"input": item.prompt, "label": item.label, "datasource": f"smepo/{item.domain}"}


def verifiers(item: Item) -> dict[str, Any]:
    """verifiers and prime-rl: what a `SingleTurnEnv` takes as its data set."""
    return {
        "example_id": item.index,
        "prompt": item.prompt,
        "answer": item.answer,
        "info": item.label,  # JSON text, which the environment parses for the rubric
        "task": f"smepo-{item.domain}",
    }


def skyrl(item: Item) -> dict[str, Any]:
    """SkyRL: ``env_class`` names an environment that is registered with skyrl_gym."""
    return {
        "data_source": f"smepo/{item.domain}",
        "prompt": item.prompt,
        "env_class": "smepo",
        "reward_spec": {"method": "rule", "ground_truth": item.label},
        "extra_info": {"index": item.index, "split": item.split, "id": item.id},
    }


def slime(item: Item) -> dict[str, Any]:
    """slime: ``--input-key prompt --label-key label --metadata-key metadata``."""
    return {
        "prompt": item.prompt,
        "label": item.label,
        "metadata": {"id": item.id, "domain": item.domain},
    }


def nemo_rl(item: Item) -> dict[str, Any]:
    """NeMo-RL: a `ResponseDataset`; its processors read the question and the answer by position.

    Raises ConfigError for a prompt with a system message, which NeMo-RL takes from its own
    configuration.
    """
    if len(item.prompt) != 1:
        raise ConfigError(
            "prompt.system: NeMo-RL reads the first message as the question; leave the field out "
            "and set the system prompt in its data configuration"
        )
    answer = {"role": "assistant", "content": item.answer}
    return {"messages": [*item.prompt, answer]}


def trl(item: Item) -> dict[str, Any]:
    """TRL: any other column reaches the reward function by its name."""
    target = item.target if not isinstance(item.target, Mapping) else json.dumps(item.target)
    return {"prompt": item.prompt, "target": target, "id": item.id}


FRAMEWORKS: Mapping[str, Callable[[Item], dict[str, Any]]] = {
    "trl": trl,
    "openrlhf": openrlhf,
    "verifiers": verifiers,
    "prime-rl": verifiers,
    "skyrl": skyrl,
    "slime": slime,
    "nemo-rl": nemo_rl,
}
