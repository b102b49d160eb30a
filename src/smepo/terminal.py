"""What progress bars share, wherever they are drawn."""

from __future__ import annotations

import os
from typing import Any

from rich.console import Console
from rich.progress import ProgressColumn
from rich.text import Text


class Rate(ProgressColumn):
    """How many a second; how many seconds each takes where that is under one a second."""

    def render(self, task: Any) -> Text:
        speed = task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:,.0f}/s" if speed >= 1 else f"{1 / speed:,.1f} s each")


def quiet(console: Console) -> bool:
    """True where a bar that moves is of no use: no terminal, or CI, which may have one."""
    return not console.is_terminal or bool(os.environ.get("CI"))
