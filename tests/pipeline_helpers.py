"""Detectors that worker processes of the tests import by name."""

import re
import time

from smepo.types import Kind, Role, Span

NUMBER = re.compile(r"\d+")


def numbers(text, context):
    """Hide every whole number."""
    return [Span(*m.span(), Kind.NUMBER, Role.RESULT, key=m[0]) for m in NUMBER.finditer(text)]


def slowly(text, context):
    """The same, at 250 rows a second."""
    time.sleep(0.004)
    return numbers(text, context)


def dies(text, context):
    """End the worker process, as the system does when memory runs out."""
    import os

    os._exit(9)


def fails(text, context):
    """Raise what no engine expects."""
    raise RuntimeError("no such luck")
