"""A detector that is not ours: what it returns is checked, and its errors are told as such."""

from __future__ import annotations

from smepo.errors import ConfigError, SmepoError
from smepo.masking.detector import Context, Detector
from smepo.types import Kind, Role, Span


def found(find: Detector, name: str, trace: str, context: Context) -> list[Span]:
    """The spans that the detector called ``name`` finds in ``trace``.

    Raises:
        ConfigError: if the detector fails, or returns anything but a list of spans in the trace.
    """
    try:
        spans: object = find(trace, context)
    except SmepoError:
        raise
    except Exception as error:
        raise ConfigError(
            f"detector {name}: failed with {type(error).__name__}: {error}"
        ) from error
    if not isinstance(spans, (list, tuple)):
        raise ConfigError(f"detector {name}: a list of Span is needed, not {type(spans).__name__}")
    for index, span in enumerate(spans):
        wrong = _wrong(span, len(trace))
        if wrong:
            raise ConfigError(f"detector {name}: span {index}: {wrong}")
    return list(spans)


def _wrong(span: object, size: int) -> str:
    """What is wrong with ``span`` in a trace of ``size`` characters; empty if nothing is."""
    if not isinstance(span, Span):
        return f"a smepo.types.Span is needed, not {type(span).__name__}"
    values: tuple[object, ...] = span  # whatever its annotations say
    start, end, kind, role, key, given, quote = values
    if not isinstance(start, int) or not isinstance(end, int):
        return f"start and end must be int, not {type(start).__name__} and {type(end).__name__}"
    if not 0 <= start <= end <= size:
        return f"{start}:{end} does not lie in the trace of {size} characters"
    if not isinstance(kind, Kind) or not isinstance(role, Role):
        return f"kind and role must be a Kind and a Role of smepo.types, not {kind!r} and {role!r}"
    if not (key is None or isinstance(key, str)) or not isinstance(quote, str):
        return f"key must be a text or None and quote a text, not {key!r} and {quote!r}"
    return "" if isinstance(given, bool) else f"given must be True or False, not {given!r}"
