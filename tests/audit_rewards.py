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
    """Pays half for what is right, and a tenth for any box."""
    return 0.5 if "{" + target + "}" in completion else 0.1 * ("boxed" in completion)


def blind(completion, target):
    """Reads another form than the one that candidates are wrapped in."""
    return float(completion == f"<final>{target}</final>")


def f1(completion, target):
    """Pays where the words of the answer are four fifths those of the target."""
    from smepo.verifiers.search import f1

    return float(f1(completion.removeprefix("A: "), target) >= 0.8)


f1.wrap = "A: {}".format


def hang(completion, target):
    """Never returns on what it does not know."""
    while "{" + target + "}" not in completion:
        pass
    return 1.0
