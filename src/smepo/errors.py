"""Errors that a caller can act on; each message says what is wrong, where, and what to do."""


class SmepoError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(SmepoError):
    """Unusable input: names the file, the row and the column. Exit status 2."""


class ConfigError(SmepoError):
    """A configuration that cannot work: names the field. Exit status 2."""


class TrainingError(SmepoError):
    """A run that cannot go on: names the step. Exit status 2."""


class GateError(SmepoError):
    """The work is done but a gate failed, such as leaks under ``--strict``. Exit status 1."""


class QuestionTooLongError(SmepoError):
    """A question that does not fit the prompt budget even without guidance (law 7)."""


class MissingExtraError(SmepoError):
    """An optional dependency is not installed: names the extra to install."""
