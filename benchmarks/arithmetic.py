"""One arithmetic for every x86-64 processor, so that a cycle has the same bits on all of them."""

from __future__ import annotations

import os
import sys

_DISABLED, _ENABLED = "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES"
_AVX512 = "X86_V4 AVX512_ICL AVX512_SPR AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_KNL AVX512_KNM"
"""NumPy's names for it, those before its version 2.4 too; it passes over the ones it does not know."""


def choose_arithmetic() -> None:
    """Have NumPy do without AVX-512; takes effect only before `numpy` is imported, and in processes begun after.

    With AVX-512 its sines, exponentials and the like come from another library than without, and differ in their last
    bits; contact makes that grow. Without it they are those of the C library. Respects what NumPy is told already.
    """
    if "numpy" not in sys.modules and not (os.environ.get(_DISABLED) or os.environ.get(_ENABLED)):
        os.environ[_DISABLED] = _AVX512


def chosen() -> dict[str, str]:
    """What processes on other machines need in their environment to reckon as this one."""
    return {name: os.environ[name] for name in (_DISABLED, _ENABLED) if os.environ.get(name)}
