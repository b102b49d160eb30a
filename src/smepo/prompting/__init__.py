"""Prompts: chat templates, token budget, neutralised special tokens.

The same code renders guided prompts for training and unguided ones for evaluation.
"""

from smepo.prompting.budget import fit
from smepo.prompting.neutralise import Neutral, Specials, neutralise, special_tokens, unblank
from smepo.prompting.prompt import EMPTY, OVER_BUDGET, SPECIAL_TOKENS, Prompt, render
from smepo.prompting.thinking import PARTS, Part, split_thinking, thinking_part
from smepo.prompting.wording import PLACEHOLDER, WORDING, Wording, compose

__all__ = [
    "EMPTY",
    "OVER_BUDGET",
    "PARTS",
    "PLACEHOLDER",
    "SPECIAL_TOKENS",
    "WORDING",
    "Neutral",
    "Part",
    "Prompt",
    "Specials",
    "Wording",
    "compose",
    "fit",
    "neutralise",
    "render",
    "special_tokens",
    "split_thinking",
    "thinking_part",
    "unblank",
]
