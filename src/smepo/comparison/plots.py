"""Figures for a paper, by matplotlib: learning curves and differences to the baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from smepo.comparison.summary import ArmSummary, FamilySummary
from smepo.errors import MissingExtraError

FORMATS = ("pdf", "svg", "png")
WIDTH, HEIGHT = 3.4, 2.6  # inches: one column
STYLE = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.hashsalt": "smepo",  # equal records give equal files
    "pdf.fonttype": 42,
}
COLORS = ("#6b7280", "#c2541b", "#0b7a75", "#7754a8", "#9a7400", "#2f6db3", "#b03a78", "#557a1f")


def plot(families: Sequence[FamilySummary], folder: Path) -> list[Path]:
    """Write ``FAMILY-curves`` and ``FAMILY-differences`` in every format; returns the paths.

    Raises MissingExtraError without matplotlib.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise MissingExtraError("plots need matplotlib: pip install 'smepo[plots]'") from error
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with plt.rc_context(STYLE):
        for family in families:
            for kind, draw in (("curves", _curves), ("differences", _differences)):
                figure, axes = plt.subplots(figsize=(WIDTH, HEIGHT), layout="constrained")
                draw(axes, family)
                for form in FORMATS:
                    path = folder / f"{family.name}-{kind}.{form}"
                    bare = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(form)
                    figure.savefig(path, dpi=300, metadata=bare)
                    written.append(path)
                plt.close(figure)
    return written


def _curves(axes: Any, family: FamilySummary) -> None:
    for i, arm in enumerate(family.arms):
        if not arm.curve:
            continue
        steps = [step for step, _ in arm.curve]
        color = COLORS[i % len(COLORS)]
        axes.plot(steps, [100 * p.value for _, p in arm.curve], color=color, label=arm.arm.title)
        low, high = ([100 * getattr(p, end) for _, p in arm.curve] for end in ("low", "high"))
        axes.fill_between(steps, low, high, color=color, alpha=0.15, linewidth=0)
    axes.set_xlabel("training step")
    axes.set_ylabel(f"unguided avg@{family.k} (%)")
    axes.set_ylim(bottom=0)
    axes.legend()


def _differences(axes: Any, family: FamilySummary) -> None:
    """Paired differences to the baseline at the end of training."""
    shown: list[ArmSummary] = [arm for arm in reversed(family.arms) if arm.gap is not None]
    axes.axvline(0, color="#999999", linewidth=0.8)
    for i, arm in enumerate(shown):
        assert arm.gap is not None
        color = COLORS[family.arms.index(arm) % len(COLORS)]
        if not math.isnan(arm.gap.low):
            axes.hlines(i, 100 * arm.gap.low, 100 * arm.gap.high, color=color)
        axes.plot(100 * arm.gap.value, i, "o", color=color, markersize=4)
    axes.set_yticks(range(len(shown)), [arm.arm.title for arm in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    title = next((a.arm.title for a in family.arms if a.arm.name == family.against), "baseline")
    axes.set_xlabel(f"points above {title}, unguided avg@{family.k}")
