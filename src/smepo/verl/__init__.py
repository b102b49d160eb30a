"""verl: guidance, rewards and data for a stock verl, without a fork.

export.py    a run as verl's data, configuration and launch scripts (`smepo export verl`)
score.py     the reward function: reward.custom_reward_function.path=pkg://smepo.verl
loops.py     agent loops that rewrite the prompt of a step; plugin.py brings them into every worker
state.py     what a schedule learns, kept by one Ray actor; callback.py saves it with a checkpoint

Importing this package needs no verl.
"""

from smepo.verl.score import compute_score, domain_of, judge_for

__all__ = ["compute_score", "domain_of", "judge_for"]
