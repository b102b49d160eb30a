"""The reward function of verl. Needs no verl to import.

    reward.custom_reward_function.path=pkg://smepo.verl
    reward.custom_reward_function.name=compute_score

verl calls it in a thread pool; the verifiers grade in child processes, so any thread will do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from smepo.errors import ConfigError
from smepo.types import VerdictStatus, Verifier
from smepo.verifiers import verifier
from smepo.verifiers.rewards import undecided_of
from smepo.verl.note import Note
from smepo.verl.turns import Told

DOMAINS = ("math", "code", "search")
# ends that are no judgement of an answer that was read
_APART = (
    VerdictStatus.UNPARSED,
    VerdictStatus.TIMEOUT,
    VerdictStatus.ERROR,
    VerdictStatus.EMPTY,
)


def compute_score(
    data_source: str | None,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Score one completion as verl wants it: a dict whose ``score`` is the reward.

    The judge is ``extra_info["verifier"]``, else ``extra_info["domain"]``, else a domain's name
    that ``data_source`` holds as a word (``smepo/math``, ``math``). ``options`` are the verifier's
    (verl: ``reward.custom_reward_function.reward_kwargs``); those of verl's own managers (such as
    ``reward_router_address``) are None or named so and are passed over.

    A rollout that an agent loop of ours guided is marked ``guided``, and where its schedule learns,
    its reward is reported to the keeper of the schedule before this returns.

    Of an episode of search the last message of the policy is judged, not what the tools said, and
    its calls and faults are numbers beside the score (``search_calls``, ``search_timeout`` ...).

    ``status`` tells how the check ended, and each status but correct and wrong has a number of its
    own, 0 or 1, which verl averages in its logs. verl has no way to exclude a sample: what could
    not be judged (``undecided``: errors, and time-outs of the judge) scores 0 too.

    Raises:
        ConfigError: no domain can be told.
    """
    extra = extra_info or {}
    judge = judge_for(data_source, extra, options)
    told = Told.of(extra)
    verdict = judge(solution_str if told is None else told.said, ground_truth)
    undecided = verdict.status in undecided_of(judge)
    note = Note.of(extra)
    if note is not None and note.keeper:
        from smepo.verl.state import report

        report(note, None if undecided else float(verdict.score))
    return {
        "score": float(verdict.score),
        "acc": float(verdict.score),
        "undecided": float(undecided),
        "status": verdict.status.value,
        **{status.value: float(verdict.status is status) for status in _APART},
        "guided": float(note is not None and note.guided),
        **({} if told is None else told.metrics()),
    }


def judge_for(
    data_source: str | None, extra_info: Mapping[str, Any] | None, options: Mapping[str, Any]
) -> Verifier:
    """The verifier for a row; one instance for equal arguments."""
    kept = {name: value for name, value in options.items() if not name.startswith("reward_")}
    return _verifier(domain_of(data_source, extra_info), json.dumps(kept, sort_keys=True))


@lru_cache(maxsize=64)
def _verifier(name: str, options: str) -> Verifier:
    return verifier(name, **json.loads(options))


def domain_of(data_source: str | None, extra_info: Mapping[str, Any] | None) -> str:
    """The judge that a row of verl names. Raises ConfigError if it names none."""
    extra = extra_info or {}
    for key in ("verifier", "domain"):
        if extra.get(key):
            return str(extra[key])
    words = (data_source or "").lower().replace("-", "/").replace("_", "/").split("/")
    found = [domain for domain in DOMAINS if domain in words]
    if len(found) != 1:
        raise ConfigError(
            f"data_source {data_source!r}: names no domain; put extra_info.domain "
            f"({', '.join(DOMAINS)}) or extra_info.verifier (module:function) into the rows"
        )
    return found[0]
