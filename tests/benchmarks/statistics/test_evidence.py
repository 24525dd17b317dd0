"""The long check of the statistics, at a hundredth of its size."""

import json

import pytest

from pilotline.benchmarks.statistics import evidence


def test_the_check_writes_every_figure_and_whether_promises_are_kept(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(evidence, "CAMPAIGNS", 20)
    monkeypatch.setattr(evidence, "RANKED", 3)
    monkeypatch.setattr(evidence, "LOOKS", 60)
    monkeypatch.setattr(evidence, "CYCLES", (20, 50))
    status = evidence.main([str(tmp_path / "found.json")])
    figures = json.loads((tmp_path / "found.json").read_text())["figures"]
    assert figures["campaigns"] == 20
    assert len(figures["rates"]) == 2 * len(evidence.RATES)
    assert status == (0 if all(figures["kept"].values()) else 1)
    assert "wilson_mean" in capsys.readouterr().out


def test_coverage_by_the_binomial_law_is_what_is_known_of_wilson(monkeypatch):
    """At n = 20, p = 0.98: 19 and 20 good hold the truth, 18 does not."""
    import numpy as np
    from scipy import stats

    monkeypatch.setattr(evidence, "CYCLES", (20,))
    cell = next(row for row in evidence.rates(np.random.default_rng(1)) if row["p"] == 0.98)
    assert cell["wilson_exact"] == pytest.approx(1.0 - stats.binom.cdf(18, 20, 0.98), abs=1e-6)


def test_a_wrong_command_ends_in_one_line(capsys):
    assert evidence.main([]) == 2
    assert capsys.readouterr().err.count("\n") == 1
