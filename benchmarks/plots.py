"""Charts of a scorecard."""

import itertools
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pilotline.benchmarks import wording
from pilotline.benchmarks.facts import StationFacts
from pilotline.benchmarks.schema import Drives, FlowResult, Rate, StationResult, Stratum
from pilotline.benchmarks.svg import BAD, GOOD, GRID, INK, MUTED, SECOND, chart


def cycle_times(facts: StationFacts, stratum: Stratum) -> str:
    """Histogram of graded cycle times with the human time and the line takt."""

    def draw(axes: Axes) -> None:
        counted = stratum.histogram
        edges, good, failed = counted.edges_s, counted.good, counted.failed
        if edges:
            axes.stairs(good, edges, fill=True, color=GOOD, linewidth=0, label="good")
        total = [a + b for a, b in zip(good, failed, strict=True)]
        if any(failed):
            axes.stairs(total, edges, baseline=good, fill=True, color=BAD, linewidth=0, label="failed")
        top = max(total, default=1)
        axes.set_ylim(0, top * 1.3)
        right = max([facts.tau_l_s, *edges]) * 1.08
        axes.set_xlim(0, right)
        for at, name in ((facts.tau_h_s, "human"), (facts.tau_l_s, "line takt")):
            axes.axvline(at, color=INK, linewidth=1.2, linestyle=(0, (4, 2)) if name == "human" else "-")
            side = "right" if at > 0.6 * right else "left"
            shift = -4 if side == "right" else 4
            axes.annotate(
                f"{name} {at:g} s",
                (at, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(shift, -2),
                textcoords="offset points",
                ha=side,
                va="top",
                fontsize=8.5,
            )
        axes.set_xlabel("cycle time (s)")
        axes.set_ylabel("cycles")
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.grid(axis="y")
        if any(failed):
            axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)

    return chart(draw, f"{facts.name}-times", f"Cycle times of {facts.title}")


def failures(name: str, stratum: Stratum) -> str:
    """Cycles per failure cause, most frequent first, and their running share; empty text without failures."""
    shown = stratum.faults[:8]
    if not shown:
        return ""
    total = sum(fault.cycles for fault in stratum.faults)
    running = [100.0 * so_far / total for so_far in itertools.accumulate(fault.cycles for fault in shown)]

    def draw(axes: Axes) -> None:
        labels = [wording.plain(fault.fault) for fault in shown]
        bars = axes.barh(labels, [fault.cycles for fault in shown], height=0.62, color=BAD, linewidth=0)
        texts = [f"{fault.cycles}  ({wording.percent(fault.share)})" for fault in shown]
        axes.bar_label(bars, texts, padding=4, fontsize=8.5)
        axes.set_ylim(max(len(shown), 3) - 0.4, -0.6)
        axes.set_xlim(0, shown[0].cycles * 1.35)
        axes.set_xlabel("cycles (share of graded cycles)")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        _names_only(axes)
        if len(stratum.faults) > 1:
            share = axes.twiny()
            share.plot(running, labels, "o-", color=INK, linewidth=1.0, markersize=3.5)
            share.set_xlim(0, 135)
            share.set_xticks((0, 50, 100), ("0", "50", "100 % of causes"))
            share.tick_params(axis="x", length=0)
            share.spines[:].set_visible(False)

    return chart(draw, f"{name}-failures", "Failed cycles by cause", _rows_height(len(shown)))


def station_cycle_times(facts: Sequence[StationFacts], strata: Sequence[Stratum]) -> str:
    """Good cycles of every station beside human time and takt."""

    def draw(axes: Axes) -> None:
        right = 0.0
        for k, (station, stratum) in enumerate(zip(facts, strata, strict=True)):
            times = stratum.cycle_time_s
            right = max(right, station.tau_l_s, times.p95 or 0.0)
            if times.min is not None and times.median is not None and times.p95 is not None:
                axes.barh(k, times.p95 - times.min, left=times.min, height=0.36, color=GOOD, linewidth=0)
                axes.plot([times.median], [k], "o", color=INK, markersize=4.5)
            for at, style, name in ((station.tau_h_s, (0, (2, 1)), "human time"), (station.tau_l_s, "-", "takt")):
                axes.vlines(at, k - 0.34, k + 0.34, color=INK, linewidth=1.6, linestyles=[style],
                            label=name if k == 0 else "_")  # fmt: skip
        axes.set_yticks(range(len(facts)), [station.title for station in facts])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.06 * right)
        axes.set_xlabel("cycle time (s)")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
        _names_only(axes)

    return chart(draw, "station-cycle-times", "Cycle times of all stations against human time and takt",
                 0.9 + 0.42 * max(len(facts), 2), 8.6)  # fmt: skip


def mass_bins(found: StationResult) -> str:
    """First-pass yield by load with Wilson intervals; empty text where loads do not vary."""
    if not found.mass_bins:
        return ""

    def draw(axes: Axes) -> None:
        _rates(axes, [b.within for b in found.mass_bins], -0.19, GOOD, "within the load chart")
        if any(b.beyond.n for b in found.mass_bins):
            _rates(axes, [b.beyond for b in found.mass_bins], 0.19, SECOND, "beyond it, not graded")
        labels = [f"{b.low_kg:g}–{b.high_kg:g} kg" for b in found.mass_bins]
        axes.set_xticks(range(len(labels)), labels)
        axes.set_ylim(0, 112)
        axes.set_yticks((0, 25, 50, 75, 100))
        axes.set_ylabel("first-pass yield (%)")
        axes.set_xlabel("load")
        axes.grid(axis="y")
        axes.tick_params(axis="x", length=0)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)

    return chart(draw, f"{found.name}-mass", "First-pass yield by load")


def torques(name: str, stratum: Stratum) -> str:
    """Peak torque against rating per joint group; empty text where no row tells it."""
    peaks = stratum.peak_torque
    if not peaks:
        return ""

    def draw(axes: Axes) -> None:
        labels = [wording.plain(peak.group) for peak in peaks]
        over = [peak.max > 1.0 for peak in peaks]
        bars = axes.barh(
            labels,
            [100.0 * peak.max for peak in peaks],
            height=0.62,
            color=[BAD if more else GOOD for more in over],
            linewidth=0,
        )
        axes.bar_label(bars, [f"{100.0 * peak.max:.0f}" for peak in peaks], padding=4, fontsize=8.5)
        middles = [bar.get_y() + bar.get_height() / 2 for bar in bars]
        axes.plot([100.0 * peak.p95 for peak in peaks], middles, "|", color=INK, ms=11, mew=1.4)
        axes.axvline(100.0, color=INK, linewidth=1.2)
        axes.invert_yaxis()
        axes.set_xlim(0, max(112.0, 115.0 * max(peak.max for peak in peaks)))
        axes.set_xlabel("peak torque (% of rated)")
        _names_only(axes)

    return chart(draw, f"{name}-torque", "Peak torque per joint group against rating", _rows_height(len(peaks)))


def energies(name: str, drives: Drives | None) -> str:
    """What the drives of each joint group drew, gave back and lost per good cycle; empty text where nobody knows."""
    if drives is None or drives.drawn_per_good_j is None:
        return ""
    groups = drives.groups

    def draw(axes: Axes) -> None:
        labels = [wording.plain(group.group) for group in groups]
        parts = (("drawn", GOOD), ("heat", BAD), ("returned", SECOND))
        for k, (part, colour) in enumerate(parts):
            values = [getattr(group, f"{part}_per_good_j") for group in groups]
            at = [row + 0.26 * (k - 1) for row in range(len(groups))]
            bars = axes.barh(at, values, height=0.24, color=colour, linewidth=0, label=part)
            axes.bar_label(bars, [wording.joules(value) for value in values], padding=4, fontsize=8)
        axes.set_yticks(range(len(groups)), labels)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.2 * max(group.drawn_per_good_j or 0.0 for group in groups) or 1.0)
        axes.set_xlabel("energy per good cycle (J)")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
        _names_only(axes)

    return chart(draw, f"{name}-energy", "Energy of the drives per joint group", 0.9 + 0.55 * max(len(groups), 2))


def heat_loads(name: str, drives: Drives | None) -> str:
    """How far an endless shift warms the windings of each joint group; empty text where nobody knows."""
    if drives is None:
        return ""
    groups = drives.groups

    def draw(axes: Axes) -> None:
        labels = [wording.plain(group.group) for group in groups]
        loads = [100.0 * group.heat_load for group in groups]
        bars = axes.barh(
            labels, loads, height=0.62, color=[BAD if load > 100.0 else GOOD for load in loads], linewidth=0
        )
        hardest = [100.0 * group.heat_load_max for group in groups]
        middles = [bar.get_y() + bar.get_height() / 2 for bar in bars]
        axes.plot(hardest, middles, "|", color=INK, ms=11, mew=1.4)
        for group, most, middle in zip(groups, hardest, middles, strict=True):
            text = f"{100.0 * group.heat_load:.0f}  ({wording.celsius(group.endless_winding_c)})"
            axes.annotate(text, (most, middle), (6, 0), textcoords="offset points", va="center", fontsize=8.5)
        axes.axvline(100.0, color=INK, linewidth=1.2)
        axes.invert_yaxis()
        axes.set_xlim(0, max(112.0, 1.2 * max(hardest)))
        axes.set_xlabel("winding's rise over ambient (% of what its insulation allows)")
        _names_only(axes)

    return chart(draw, f"{name}-heat", "Heat of an endless shift per joint group", _rows_height(len(groups)))


def station_times(flow: FlowResult, titles: Sequence[str]) -> str:
    """How each station spent the run: busy, blocked, starved."""

    def draw(axes: Axes) -> None:
        left = [0.0] * len(titles)
        for part, colour in (("busy_s", GOOD), ("blocked_s", BAD), ("starved_s", GRID)):
            shares = [100.0 * getattr(station, part) / flow.horizon_s for station in flow.stations]
            axes.barh(titles, shares, left=left, height=0.55, color=colour, linewidth=0, label=part[:-2])
            left = [a + b for a, b in zip(left, shares, strict=True)]
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel("share of the run (%)")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
        _names_only(axes)

    return chart(draw, "flow", "Busy, blocked and starved time of each station", _rows_height(len(titles)) + 0.3)


def _rates(axes: Axes, rates: Sequence[Rate], shift: float, colour: str, label: str) -> None:
    """Bars with interval whiskers, and the number of cycles at the foot."""
    held = [(k + shift, rate, 100.0 * rate.rate) for k, rate in enumerate(rates) if rate.rate is not None]
    if not held:
        return
    at, points = [x for x, _, _ in held], [point for _, _, point in held]
    low = [max(0.0, point - 100.0 * rate.wilson_low) for _, rate, point in held]
    high = [max(0.0, 100.0 * rate.wilson_high - point) for _, rate, point in held]
    axes.bar(at, points, 0.34, color=colour, linewidth=0, label=label)
    axes.errorbar(at, points, (low, high), fmt="none", color=INK, ecolor=INK, elinewidth=1.1, capsize=2.5)
    for x, rate, _ in held:
        top = (x, 100.0 * rate.wilson_high)
        axes.annotate(f"n {rate.n}", top, (0, 4), textcoords="offset points", ha="center", fontsize=8, color=MUTED)


def _names_only(axes: Axes) -> None:
    """Horizontal bars: names at the left without ticks or a frame."""
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")


def _rows_height(rows: int) -> float:
    return 0.85 + 0.3 * max(rows, 2)
