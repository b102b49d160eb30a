"""Attention kernels on a GPU: not cuDNN's.

torch from 2.11 on prefers them on Hopper and Blackwell. With a mask, their backward pass can return
NaN for queries whose scores are all very low (pytorch/pytorch issue 196678, huggingface/trl issue
7181), and left padding gives each shorter prompt of a batch queries that see nothing at all. After
one step the weights are NaN, and the next sampling ends in a device-side assert. Without them torch
takes its flash and memory-efficient kernels. Nothing of this concerns a CPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def leave_cudnn_attention() -> bool:
    """Switch cuDNN's attention off for this process; returns whether it was on."""
    import torch

    held = bool(torch.backends.cuda.cudnn_sdp_enabled())
    torch.backends.cuda.enable_cudnn_sdp(False)
    return held


@contextmanager
def without_cudnn_attention() -> Iterator[None]:
    """The same for what happens inside."""
    import torch

    held = leave_cudnn_attention()
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(held)
