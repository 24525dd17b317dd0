"""The scorecard as a table for the terminal, at most 100 columns wide."""

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pilotline.benchmarks import wording
from pilotline.benchmarks.facts import StationFacts
from pilotline.benchmarks.line_schema import RunResult
from pilotline.benchmarks.schema import Scorecard, StationResult, Stratum


def render(card: Scorecard) -> RenderableType:
    """A table with a column per station, and the line and the hash below it."""
    body, job = card.body, card.body.job
    asked = f"{job['cycles']} cycles per station" if job["cycles"] else f"{job['hours']:g} h"
    title = f"{body.robot.title} ({job['actuators']}) · {body.line.title} · policy {job['policy']}"
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("", style="dim", no_wrap=True)
    for facts in body.line.stations:
        table.add_column(facts.title, justify="right", max_width=36)
    driven = bool(body.robot.drives)
    columns = [_figures(f, s, driven) for f, s in zip(body.line.stations, body.stations, strict=True)]
    for k, (label, _) in enumerate(columns[0]):
        table.add_row(label, *(column[k][1] for column in columns))
    notes = [Text(_rules(card), style="dim")] if driven else []
    return Group(
        Text(title, style="bold"),
        Text(f"pack {job['pack']}, seed {job['seed']}, {asked}"),
        table,
        Text(_line(card)),
        Text(_grade(card)),
        Text(_limit(card), style="dim"),
        *notes,
        Text(f"body sha256 {card.body_sha256}", style="dim"),
    )


def _figures(facts: StationFacts, found: StationResult, driven: bool) -> list[tuple[str, str]]:
    graded, counted = found.graded, found.graded.events
    first, parity = graded.first_pass, found.parity
    load = wording.peak_load(found)
    return [
        ("first-pass yield", f"{wording.percent(first.rate)}  ({first.good} of {first.n})"),
        ("  95 % interval", wording.interval(first)),
        ("  at least (95 %)", wording.at_least(first.exact_lower)),
        ("cycle time, median", f"{wording.seconds(graded.cycle_time_s.median)}"),
        ("  95th percentile", wording.seconds(graded.cycle_time_s.p95)),
        (
            "good in line takt",
            f"{wording.percent(graded.in_takt.rate)}  (≤ {wording.seconds(facts.tau_l_s)})",
        ),
        ("human-parity index", f"{wording.number(parity.point, 3)}  (≥ {wording.number(parity.lower, 3)})"),
        ("drops", wording.count(counted.drops)),
        ("force exceedances", wording.count(counted.force_exceedances)),
        ("falls", wording.count(counted.falls)),
        ("energy per good cycle", wording.joules(graded.energy_per_good_j)),
        ("peak torque / rated", wording.percent(load, 0)),
        *(_heat(graded) if driven else ()),
        ("failures", _causes(graded)),
        ("beyond load chart", _beyond(found.beyond)),
        ("score", wording.number(found.score)),
    ]


def _heat(stratum: Stratum) -> list[tuple[str, str]]:
    """Heat of the drives with a data sheet."""
    labels = (
        "heat per good cycle",
        "hottest winding",
        "  in an endless shift",
        "  of what insulation allows",
        "cycles derated / tripped",
    )
    if (drives := stratum.drives) is None:
        return [(label, wording.NOTHING) for label in labels]
    most = max(drives.groups, key=lambda group: group.winding_c)
    lasting = wording.hottest(drives)
    figures = (
        wording.joules(drives.heat_per_good_j),
        f"{wording.celsius(most.winding_c)}  ({wording.plain(most.group)})",
        f"{wording.celsius(lasting.endless_winding_c)}  ({wording.plain(lasting.group)})",
        wording.percent(lasting.heat_load, 0),
        f"{drives.derated_cycles} / {drives.tripped_cycles}",
    )
    return list(zip(labels, figures, strict=True))


def _rules(card: Scorecard) -> str:
    drives = card.body.robot.drives
    filled = sum(len(drive.fallbacks) for drive in drives)
    return (
        f"Actuators from data sheets: {len(drives)}; figures that no sheet gives and a rule sets: {filled}, all in the "
        "report."
    )


def _causes(stratum: Stratum) -> str:
    names = [f"{wording.plain(fault.fault)} {fault.cycles}" for fault in stratum.faults]
    return ", ".join(names[:3]) + (f", {len(names) - 3} more" if len(names) > 3 else "") or "none"


def _beyond(stratum: Stratum | None) -> str:
    if stratum is None:
        return "no cycles"
    return f"{stratum.first_pass.good} of {stratum.first_pass.n} good"


def _line(card: Scorecard) -> str:
    flow, run = card.body.flow, card.body.run
    if flow is None:
        return "" if run is None else _run(run)
    return (
        f"line: {wording.number(flow.good_per_hour)} good/h, {flow.good} good, {flow.scrap} scrap, "
        f"{flow.in_process} in process, rolled yield {wording.percent(flow.rolled_yield)}"
    )


def _grade(card: Scorecard) -> str:
    found = card.body.grade
    stations = ", ".join(f"{wording.plain(one.subject)} {one.grade or 'none'}" for one in found.shown)
    return f"grade: {found.grade or 'none'} ({stations}); {found.why}"


def _run(run: RunResult) -> str:
    """A run from end to end, and what its twin makes of it."""
    lines = [
        f"line, {wording.hours(run.horizon_s)} from end to end: {wording.number(run.good_per_hour)} good/h, "
        f"{run.good} good, {run.scrap} scrap, {run.reworked} done again, {run.in_process} in process",
        f"takt share {wording.number(run.takt_share, 3)}  (≥ {wording.number(run.takt_share_lower, 3)}), "
        f"first-pass yield {wording.percent(run.first_pass_yield)}, rolled {wording.percent(run.rolled_yield)}, "
        f"line score {wording.number(run.score)}",
    ]
    if (twin := run.twin) is None:
        return "\n".join((*lines, f"twin: none, {run.without_twin}"))
    shift, month, effect = twin.shift.good, twin.month.good, twin.effectiveness
    lines += [
        f"twin / physics {wording.number(twin.ratio, 3)}; shift of {twin.shift.hours:g} h: "
        f"{wording.number(shift.mean, 0)} good ({wording.number(shift.low, 0)} to {wording.number(shift.high, 0)}), "
        f"month of {twin.month_shifts}: {wording.number(month.mean, 0)} "
        f"({wording.number(month.low, 0)} to {wording.number(month.high, 0)})",
        f"OEE {wording.percent(effect.oee.mean)}, bottleneck {wording.plain(twin.bottleneck)} at "
        f"{wording.percent(twin.bottleneck_share, 0)}, balance {wording.percent(twin.balance, 0)}",
    ]
    return "\n".join(lines)


def _limit(card: Scorecard) -> str:
    robot = card.body.robot
    if robot.payload_kg is None:
        return "Every load is graded: the robot's card states no load chart."
    return f"Graded: loads within the robot's own load chart (at most {robot.payload_kg:g} kg); others apart."
