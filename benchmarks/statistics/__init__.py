"""Statistics of campaigns: intervals, tests, and tests that stay valid however often one looks.

What SciPy has comes from SciPy; what it lacks (anytime-valid tests, rank intervals) is here, with the source of each
formula.
"""

from pilotline.benchmarks.statistics.intervals import (
    CONFIDENCE,
    RESAMPLES,
    clopper_pearson,
    clopper_pearson_lower,
    mtbf_lower_s,
    ratio_lower,
    wilson,
)

__all__ = [
    "CONFIDENCE",
    "RESAMPLES",
    "clopper_pearson",
    "clopper_pearson_lower",
    "mtbf_lower_s",
    "ratio_lower",
    "wilson",
]
