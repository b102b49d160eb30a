"""Libraries that talk while they work, told not to: progress and metrics are shown elsewhere."""

from __future__ import annotations

import os
import warnings

from smepo.errors import MissingExtraError


def quiet() -> None:
    """Silence the bars and the advice of transformers, datasets and torch in this process.

    Errors and warnings of our own are not touched. Call it before the libraries do any work.
    Raises MissingExtraError where they are not installed.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    warnings.filterwarnings("ignore", message=".*pin_memory.*", module="torch")
    # What transformers wants of its callers is between it and TRL.
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    try:
        import torch  # noqa: F401
        from transformers.utils import logging
    except ImportError as error:
        raise MissingExtraError("models need torch and TRL: pip install 'smepo[trl]'") from error
    logging.set_verbosity_error()
    logging.disable_progress_bar()
