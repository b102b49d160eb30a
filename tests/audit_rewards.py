"""Rewards of a user's own, for the audit's tests."""

import re


def arithmetic(completion, target):
    """Accepts any arithmetic that comes to the target: ``6*7`` for 42."""
    text = completion[completion.rindex("{") + 1 : completion.rindex("}")]
    if not re.fullmatch(r"[\d+*/() -]{1,40}", text):
        return 0.0
    try:
        return float(eval(text, {"__builtins__": {}}) == float(target))
    except (SyntaxError, ZeroDivisionError, TypeError):
        return 0.0


def half(completion, target):
    """Pays half for what is right: by its verdicts, nothing ever is."""
    return 0.5 if "{" + target + "}" in completion else 0.0
