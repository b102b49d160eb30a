"""Rows and rewards for trainers that this package has no adapter for.

convert.py   a prompt as a row of each trainer: pure functions
rewards.py   the reward as each trainer calls it
export.py    `smepo export rows` and `smepo export trl`

Guidance that is the same at every step needs no more than rows. Importing this package imports no
trainer.
"""

from smepo.recipes.convert import FRAMEWORKS, Item

__all__ = ["FRAMEWORKS", "Item"]
