"""Prompts: chat templates, token budget, neutralised special tokens.

The same code renders guided prompts for training and unguided ones for evaluation.
"""

from smepo.prompting.wording import PLACEHOLDER, WORDING, Wording, compose

__all__ = ["PLACEHOLDER", "WORDING", "Wording", "compose"]
