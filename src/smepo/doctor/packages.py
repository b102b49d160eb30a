"""Versions: this package, its extras, torch and the GPU, vLLM."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from smepo.doctor.finding import Finding, absent, bad, ok

EXTRAS = {
    "hf": "tokenizers: preview with a model, exports",
    "trl": "training on one machine",
    "verl": "training on a cluster",
    "ray": "masking on a cluster",
    "search": "an index of passages and the search tools",
    "remote": "folders of files, here and on other file systems",
    "lora": "adapters in place of all weights",
}
VLLM = Requirement("vllm>=0.22,<0.32")  # what TRL 1.16 accepts; the lock has 0.24.0


def look() -> Iterator[Finding]:
    """Package and extras. Raises nothing."""
    compiled = Path(__file__).parent.parent / "compiled.json"
    yield ok("smepo", f"{version('smepo')}, Python {platform.python_version()}")
    if compiled.is_file():
        yield ok("compiled", "inner loops are compiled")
    else:
        todo = "for several times the speed install a C compiler, then smepo again"
        yield absent("compiled", "plain Python", todo)
    for extra, what in EXTRAS.items():
        yield of_extra(extra, what)
    yield vllm()


def of_extra(extra: str, what: str) -> Finding:
    """Whether the packages of an extra are installed in versions that it accepts."""
    name, install = f"extra {extra}", f"pip install 'smepo[{extra}]' ({what})"
    wanted = [one for one in map(Requirement, requires("smepo") or ()) if _belongs(one, extra)]
    if not wanted:  # installed in place before the extra was there
        return absent(name, "unknown to the package as installed", f"{install}, again")
    have, missing, wrong = [], [], []
    for one in wanted:
        try:
            installed = version(one.name)
        except PackageNotFoundError:
            missing.append(one.name)
            continue
        have.append(f"{one.name} {installed}")
        if not one.specifier.contains(installed.partition("+")[0], prereleases=True):
            wrong.append(f"{one.name} {installed} is not {one.specifier}")
    if wrong:
        return bad(name, "; ".join(wrong), install)
    if not missing:
        return ok(name, ", ".join(have))
    return absent(name, f"missing: {', '.join(missing)}", install)


def _belongs(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    return marker is not None and marker.evaluate({"extra": extra}) and "extra" in str(marker)


def vllm() -> Finding:
    """Whether vLLM is there in a version that TRL accepts."""
    try:
        installed = version("vllm")
    except PackageNotFoundError:
        todo = "on a GPU: pip install -c constraints/gpu.txt vllm; a CPU samples without it"
        return absent("vllm", "not installed", todo)
    if VLLM.specifier.contains(installed.partition("+")[0], prereleases=True):
        return ok("vllm", installed)
    return bad("vllm", f"{installed} is not {VLLM.specifier}", "pip install vllm==0.24.0")


def gpu() -> Finding:
    """The GPUs that torch sees."""
    todo = "a CPU trains tiny policies; for a GPU install torch with CUDA (constraints/gpu.txt)"
    try:
        import torch
    except ImportError:
        return absent("gpu", "torch is not installed", todo)
    if not torch.cuda.is_available():
        return absent("gpu", f"torch {torch.__version__} sees none", todo)
    names = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    kind = "bf16" if torch.cuda.is_bf16_supported() else "no bf16: set trl.bf16 = false"
    return ok("gpu", f"{len(names)} x {names[0]}, {kind}")
