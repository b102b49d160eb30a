"""The order of rows, the same after a resume."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from trl.trainer.utils import RepeatSampler


class ResumableRepeatSampler(RepeatSampler):  # type: ignore[misc]
    """TRL's sampler, made to continue in the epoch that a resumed run is in.

    The stock sampler draws one permutation an epoch from a generator that starts anew with the
    process: a run resumed in its third epoch would repeat the first one's order. This one first
    draws, and drops, the permutations of the epochs that are done; the order of an uninterrupted
    run is TRL's own.
    """

    def __init__(self, stock: RepeatSampler, epochs_done: Callable[[], int]) -> None:
        """Takes the place of ``stock``; ``epochs_done`` is asked when the first epoch starts."""
        super().__init__(
            data_source=stock.data_source,
            mini_repeat_count=stock.mini_repeat_count,
            batch_size=stock.batch_size,
            repeat_count=stock.repeat_count,
            shuffle=stock.shuffle,
            seed=stock.seed,
        )
        self._epochs_done: Callable[[], int] | None = epochs_done

    def __iter__(self) -> Iterator[int]:
        if self._epochs_done is not None and self.shuffle:
            for _ in range(self._epochs_done()):
                torch.randperm(self.num_samples, generator=self.generator)
        self._epochs_done = None
        yield from super().__iter__()
