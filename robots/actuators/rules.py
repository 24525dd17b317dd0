"""Rules that fill what a data sheet leaves out: one small function each, with where it comes from.

Each returns a `Filled`: the value, and the rule in words with its evidence mark (D derived from catalogue
figures, K general engineering knowledge, E estimate). The caller lists it as a `Fallback`.
`size` is the pitch diameter of a harmonic gear in tenths of an inch, as in catalogue names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import linear_regression
from typing import NamedTuple

import numpy as np

from pilotline.robots.actuators.closed_forms import GREASE_C, SPEED_EXPONENT

ARCMIN = math.pi / 10_800


class Filled(NamedTuple):
    """A value that no sheet gave, and the rule it came from."""

    value: float
    rule: str


# Gears: ratings


def size_of(rated_nm: float) -> Filled:
    """Size of a harmonic gear: rated torque is about 0.0052 size^3 N m at ratio 100 (CSG 14 .. 40)."""
    return Filled((rated_nm / 0.0052) ** (1 / 3), "size = (rated / 0.0052)^(1/3), D from CSG ratings")


def rated_nm(repeated_peak_nm: float) -> Filled:
    """Inverse of `repeated_peak_nm`."""
    return Filled(repeated_peak_nm / 2.2, "repeated peak / 2.2, D from CSG ratings")


def repeated_peak_nm(rated_nm: float, kind: str) -> Filled:
    """CSG at ratio 100: 2.1 to 2.4 times rated above size 14. Planetary joints list 2.5 to 3."""
    factor, where = (2.2, "D from CSG ratings") if kind == "harmonic" else (2.5, "D from listed quasi-direct drives")
    return Filled(factor * rated_nm, f"{factor} rated, {where}")


def momentary_nm(repeated_peak_nm: float, kind: str) -> Filled:
    """CSG at ratio 100: 1.6 to 1.9 times repeated peak. Toothed gears without a flexible cup: 1.5."""
    factor, mark = (1.8, "D from CSG ratings") if kind == "harmonic" else (1.5, "E")
    return Filled(factor * repeated_peak_nm, f"{factor} repeated peak, {mark}")


def rated_input_rad_s() -> Filled:
    """Catalogues of harmonic gears rate at 2000 rpm; taken for every gear."""
    return Filled(2000 * math.pi / 30, "2000 rpm, K")


def max_input_rad_s(size: float | None, rated_input_rad_s: float) -> Filled:
    """With grease 8500 rpm at size 14 to 4000 rpm at size 40: falls as size^-0.7. Others: twice the rated speed."""
    if size is None:
        return Filled(2 * rated_input_rad_s, "twice the rated input speed, E")
    value = 890.0 * (14 / size) ** 0.7
    return Filled(max(value, rated_input_rad_s), "8500 rpm at size 14, falling as size^-0.7, D from the CSG table")


def input_inertia_kgm2(size: float | None, kind: str) -> Filled:
    """Wave generator: about 4.6e-12 size^5 (CSG 14 .. 40, 3.9 to 6.1). Others: counted with the rotor."""
    if size is None or kind != "harmonic":
        return Filled(0.0, "0, counted with the rotor, E")
    return Filled(5e-12 * size**5, "5e-12 size^5, D from CSG wave generators")


def ratcheting_nm(momentary_nm: float) -> Filled:
    """Torque at which the teeth of a harmonic gear skip: CSF and CSG at ratio 100, 1.5 to 1.8 times momentary."""
    return Filled(1.6 * momentary_nm, "1.6 momentary, D from CSF and CSG tables")


def l10_h(kind: str) -> Filled:
    """Wave generator bearing of the CSF, HFUC and CSD families: 7000 h; a planetary joint is taken as 10,000 h."""
    hours, mark = (7000.0, "K: CSF, HFUC and CSD") if kind == "harmonic" else (10_000.0, "E")
    return Filled(hours, f"{hours:.0f} h, {mark}")


def gear_mass_kg(size: float | None, rated_nm: float) -> Filled:
    """Component set 0.28 kg at size 20, as size^2.6; other gears 10 g per N m rated."""
    if size is None:
        return Filled(0.01 * rated_nm, "0.01 kg per N m rated, E")
    return Filled(0.28 * (size / 20) ** 2.6, "0.28 kg at size 20, as size^2.6, E")


# Gears: stiffness and accuracy


def knees_nm(size: float) -> tuple[Filled, Filled]:
    """Torques of the two knees: 7.3e-4 .. 9.0e-4 and 2.4e-3 .. 3.3e-3 times size^3 (HFUC 14 .. 40)."""
    where = "D from the HFUC stiffness table"
    return Filled(8.5e-4 * size**3, f"8.5e-4 size^3, {where}"), Filled(3e-3 * size**3, f"3e-3 size^3, {where}")


def stiffness_nm_per_rad(size: float, ratio: float) -> Filled:
    """K2 of a harmonic gear: 2.2 to 3.4 size^3 from ratio 80 up, 0.7 of that at 50 and 0.43 at 30 (HFUC 14 .. 40)."""
    share = 1.0 if ratio >= 80 else 0.7 if ratio >= 50 else 0.43
    return Filled(3.0 * share * size**3, f"{3.0 * share:.2g} size^3, D from the HFUC stiffness table")


def rigid_stiffness_nm_per_rad(rated_nm: float, kind: str) -> Filled:
    """A planetary joint winds up 2 mrad at its rated torque; a direct drive's shaft 0.1 mrad."""
    wind_up = 2e-3 if kind == "planetary" else 1e-4
    return Filled(rated_nm / wind_up, f"{wind_up:g} rad of wind-up at the rated torque, E")


def middle_stiffness(k1: float, k3: float) -> Filled:
    """K2 between the two that are given."""
    return Filled((k1 + k3) / 2, "mean of K1 and K3, E")


def first_stiffness(k2: float) -> Filled:
    """K1 is 0.61 to 0.77 of K2 from ratio 80 up (HFUC 14 .. 40)."""
    return Filled(0.65 * k2, "0.65 K2, D from the HFUC stiffness table")


def last_stiffness(k2: float) -> Filled:
    """K3 is 1.09 to 1.16 of K2 from ratio 80 up (HFUC 14 .. 40)."""
    return Filled(1.14 * k2, "1.14 K2, D from the HFUC stiffness table")


def hysteresis_rad(ratio: float, kind: str, rated_wind_up_rad: float) -> Filled:
    """Harmonic: 3, 2, 1 arcmin at ratios 30, 50, 80 and above. Planetary: backlash, 8 arcmin. Direct: none.

    Never more than the wind-up at rated torque, over which the loop closes.
    """
    if kind == "direct":
        return Filled(0.0, "none without a gear, K")
    if kind == "planetary":
        wide, rule = 8 * ARCMIN, "8 arcmin of backlash in a planetary joint, E"
    else:
        arcmin = 1.0 if ratio >= 80 else 2.0 if ratio >= 50 else 3.0
        wide, rule = arcmin * ARCMIN, f"{arcmin:g} arcmin at ratio {ratio:g}, K"
    if wide > rated_wind_up_rad:
        return Filled(rated_wind_up_rad, f"{rule}; at most the wind-up at the rated torque")
    return Filled(wide, rule)


def error_pp_rad(size: float | None, ratio: float, kind: str) -> Filled:
    """Harmonic: 1.5 arcmin up to size 17, 1.0 above; at ratio 30 2.0 and 1.5. Planetary: 4 arcmin. Direct: none."""
    if kind == "direct":
        return Filled(0.0, "none without a gear, K")
    if kind == "planetary" or size is None:
        return Filled(4 * ARCMIN, "4 arcmin in a planetary joint, E")
    arcmin = 1.5 if size < 18 else 1.0
    if ratio < 50:
        arcmin = 2.0 if size < 16 else 1.5
    return Filled(arcmin * ARCMIN, f"{arcmin:g} arcmin at size {size:g}, K: as CSF and CSG")


ERROR_SHARES = {"harmonic": (0.1, 0.7, 0.2), "planetary": (1.0, 0.0, 0.0), "direct": (0.0, 0.0, 0.0)}
"""Amplitudes of the lines at 1, 2 and 4 per input turn, relative (E): the ellipse of a wave generator makes 2 the
largest (measured shares 60-80 %), its centring error 1 (5-20 %), its second order 4 (10-25 %)."""


def error_lines(kind: str, error_pp_rad: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Sine and cosine amplitudes (rad) of the error's lines, scaled so that their sum has the peak-to-peak value."""
    shares = np.array(ERROR_SHARES[kind])
    angle = np.linspace(0.0, 2 * math.pi, 20_000, endpoint=False)
    wave = (shares[:, None] * np.sin(np.array([[1.0], [2.0], [4.0]]) * angle)).sum(axis=0)
    scale = error_pp_rad / float(np.ptp(wave)) if shares.any() else 0.0
    sine = tuple(float(value) for value in scale * shares)
    return (sine[0], sine[1], sine[2]), (0.0, 0.0, 0.0)


def damping_ratio() -> Filled:
    """Published values for harmonic joints run from 0.02 to 0.1."""
    return Filled(0.05, "0.05, E")


# Gears: friction

STARTING_FIGURES = ((14, 100, 0.01995), (20, 100, 0.03605), (17, 100, 0.0309), (25, 50, 0.1515))
"""(size, ratio, starting torque N m) of RT1-H-14 and -20, CSF-17-100 and CSF-25-50, back-driving allowed for."""
STARTING_RATIO_EXPONENT = 0.5
LOAD_LOSS = 0.15
DRAG_SHARE = 0.25
COULOMB_SHARE = 0.25


def starting_input_nm(size: float | None, ratio: float, rated_nm: float, kind: str) -> Filled:
    """Harmonic: power of size through the sets that have a figure, falling as ratio^-1/2. Units vary by a decade.

    Planetary: 0.5 % of the rated torque at the output. Direct: 0.2 %, bearings and cogging.
    """
    if kind != "harmonic" or size is None:
        share = 0.005 if kind == "planetary" else 0.002
        return Filled(share * rated_nm / ratio, f"{share:g} of the rated torque, E")
    level = [math.log(torque) + STARTING_RATIO_EXPONENT * math.log(own) for _, own, torque in STARTING_FIGURES]
    power = linear_regression([math.log(own) for own, _, _ in STARTING_FIGURES], level)
    value = math.exp(power.intercept + power.slope * math.log(size) - STARTING_RATIO_EXPONENT * math.log(ratio))
    return Filled(value, f"as size^{power.slope:.2f} ratio^-0.5 through four sets that have a figure, D")


def starting_from_both(starting_nm: float, backdriving_nm: float, ratio: float, load_loss: float) -> Filled:
    """The one value nearest, in the logarithm, to a starting and a back-driving figure."""
    value = math.sqrt(starting_nm * backdriving_nm * (1 - load_loss) / ratio)
    return Filled(value, "least squares in the logarithm of the starting and back-driving figures, D")


def starting_from_backdriving(backdriving_nm: float, ratio: float, load_loss: float) -> Filled:
    """Starting torque of a gear that has only a back-driving figure."""
    return Filled(backdriving_nm * (1 - load_loss) / ratio, "back-driving (1 - load loss) / ratio, D")


def coulomb_input_nm(starting_nm: float) -> Filled:
    """What is left of the starting torque above the Stribeck region.

    Typical efficiencies at 500 to 3500 rpm leave 2 to 4 % of rated/ratio beside the part that grows with
    speed^(2/3); starting torques are 7 to 20 % of it.
    """
    return Filled(COULOMB_SHARE * starting_nm, f"{COULOMB_SHARE} of the starting torque, E")


def drag_input_nm(rated_nm: float, ratio: float, kind: str) -> Filled:
    """Drag at rated speed: with a load loss of 0.15 it gives 79, 75, 70 and 64 % efficiency at 500 .. 3500 rpm."""
    share = {"harmonic": DRAG_SHARE, "planetary": 0.03, "direct": 0.005}[kind]
    return Filled(share * rated_nm / ratio, f"{share:g} rated / ratio, E")


def load_loss(kind: str) -> Filled:
    """Harmonic: 0.10 .. 0.15 fits the published efficiencies. Two planetary stages: 0.06."""
    share = {"harmonic": LOAD_LOSS, "planetary": 0.06, "direct": 0.0}[kind]
    return Filled(share, f"{share:g}, {'D from published efficiencies' if kind == 'harmonic' else 'E'}")


def stribeck_input_rad_s() -> Filled:
    """About 100 rpm at the input."""
    return Filled(10.0, "10 rad/s, E")


def presliding_input_rad() -> Filled:
    """A degree of motor turn; friction builds up over it after a reversal."""
    return Filled(0.02, "0.02 rad, E")


def grease_per_k() -> Filled:
    """Drag goes with viscosity^(2/3), and grease loses 3.5 % of viscosity per kelvin."""
    return Filled(SPEED_EXPONENT * 0.035, "(2/3) 0.035 1/K, D from churning law and viscosity of grease")


class LossPoint(NamedTuple):
    """A figure about losses: friction at the input, at a speed, a load and a grease temperature.

    Attributes:
      friction_nm: at the input.
      slack_nm: how far the fitted friction may be from it.
      output_nm: torque transmitted, 0 without load.
      input_rad_s, grease_c: speed and temperature.
    """

    friction_nm: float
    slack_nm: float
    output_nm: float
    input_rad_s: float
    grease_c: float


def running_point(torque_nm: float, input_rad_s: float, grease_c: float) -> LossPoint:
    """A no-load running torque, taken within 2 %."""
    return LossPoint(torque_nm, 0.02 * torque_nm, 0.0, input_rad_s, grease_c)


def efficiency_point(share: float, output_nm: float, ratio: float, input_rad_s: float, grease_c: float) -> LossPoint:
    """An efficiency, taken within half a point: friction = T/ratio (1/efficiency - 1)."""
    useful = output_nm / ratio
    return LossPoint(useful * (1 / share - 1), 0.005 * useful / share**2, output_nm, input_rad_s, grease_c)


def fit_losses(
    points: Sequence[LossPoint],
    *,
    ratio: float,
    coulomb_nm: float,
    rated_input_rad_s: float,
    grease_per_k: float,
    load_loss: float,
    drag_nm: float,
) -> tuple[float, float]:
    """Load loss and drag (N m) that meet the points, near the rules' values where the points leave them free.

    Linear least squares of friction - coulomb = load_loss T/ratio + drag (w/w_ref)^(2/3) exp(-grease (t - 20)),
    each point weighted by its slack, with the rules as two weak points: load loss within 0.05, drag within 40 %.
    Raises ValueError where the points need a load loss outside 0 .. 0.5 or a negative drag.
    """
    rows: list[tuple[float, float]] = []
    right: list[float] = []
    for point in points:
        speed = (point.input_rad_s / rated_input_rad_s) ** SPEED_EXPONENT
        speed *= math.exp(-grease_per_k * (point.grease_c - GREASE_C))
        rows.append((point.output_nm / ratio / point.slack_nm, speed / point.slack_nm))
        right.append((point.friction_nm - coulomb_nm) / point.slack_nm)
    rows += [(1 / 0.05, 0.0), (0.0, 1 / (0.4 * drag_nm))]
    right += [load_loss / 0.05, 1 / 0.4]
    loss, drag = _least_squares(rows, right)
    if not 0 <= loss <= 0.5:
        raise ValueError(f"efficiency and running torque need a load loss of {loss:.3g}; must be 0 .. 0.5")
    if drag < 0:
        raise ValueError(f"efficiency, running and starting torque need a drag of {drag:.3g} N m; must not be negative")
    return loss, drag


def _least_squares(rows: Sequence[tuple[float, float]], right: Sequence[float]) -> tuple[float, float]:
    """x, y that meet a x + b y = c best over rows (a, b) and c, by the normal equations with exact sums."""
    a, b = ([row[i] for row in rows] for i in range(2))

    def total(left: Sequence[float], other: Sequence[float]) -> float:
        return math.fsum(p * q for p, q in zip(left, other, strict=True))

    aa, ab, bb, ac, bc = total(a, a), total(a, b), total(b, b), total(a, right), total(b, right)
    det = aa * bb - ab * ab
    return (ac * bb - bc * ab) / det, (bc * aa - ac * ab) / det


# Motors

AMBIENT_C = 25.0
REFERENCE_C = 20.0


def kt_nm_per_a(bus_v: float, speed_rad_s: float, ratio: float) -> Filled:
    """Torque constant that reaches 1.2 times the listed speed at no load on the drive's bus."""
    return Filled(bus_v / (1.2 * speed_rad_s * ratio), "no-load speed 1.2 times the listed speed, E")


def peak_a(continuous_a: float) -> Filled:
    """Frameless motors list 3.3 to 4.3 times the continuous current."""
    return Filled(3.3 * continuous_a, "3.3 times the continuous current, D from listed frameless motors")


def motor_mass_kg(continuous_nm: float) -> Filled:
    """Frameless motors weigh 0.47 to 0.53 kg per N m of continuous torque."""
    return Filled(max(0.5 * continuous_nm, 0.01), "0.5 kg per N m continuous, D from listed frameless motors")


def winding_to_housing_k_per_w(mass_kg: float) -> Filled:
    """Joint-mounted frameless motors 0.5 .. 1.5 K/W; larger ones have more surface."""
    value = min(max((0.35 / mass_kg) ** 0.5, 0.5), 5.0)
    return Filled(value, "1 K/W at 0.35 kg, as mass^-0.5, 0.5 .. 5, E")


def housing_to_ambient_k_per_w(mass_kg: float) -> Filled:
    """Joint-mounted frameless motors 1 .. 3 K/W, as the housing's surface."""
    value = min(max(2 * (0.35 / mass_kg) ** 0.5, 1.0), 10.0)
    return Filled(value, "2 K/W at 0.35 kg, as mass^-0.5, 1 .. 10, E")


def winding_j_per_k(mass_kg: float) -> Filled:
    """A quarter of the motor is copper, 390 J/(kg K)."""
    return Filled(0.25 * mass_kg * 390, "a quarter of the mass as copper, E")


def housing_j_per_k(mass_kg: float) -> Filled:
    """Laminations and the joint's housing: 1.5 times the motor's mass at 700 J/(kg K)."""
    return Filled(1.5 * mass_kg * 700, "1.5 times the motor's mass at 700 J/(kg K), E")


def winding_max_c() -> Filled:
    """Insulation class F."""
    return Filled(155.0, "class F, 155 C, K")


def copper_per_k() -> Filled:
    """Temperature coefficient of copper at 20 C."""
    return Filled(0.0039, "copper, K")


def magnet_per_k() -> Filled:
    """Remanence of neodymium magnets falls by about 0.1 % per kelvin."""
    return Filled(0.001, "neodymium magnets, K")


def resistance_ohm(continuous_a: float, path_k_per_w: float, winding_max_c: float, copper_per_k: float) -> Filled:
    """Resistance at 20 C with which the continuous current heats the winding to its maximum at 25 C ambient."""
    hot = (winding_max_c - AMBIENT_C) / (path_k_per_w * continuous_a**2)
    value = hot / (1 + copper_per_k * (winding_max_c - REFERENCE_C))
    return Filled(value, "heats the winding to its maximum at the continuous current, D")


def resistance_on_bus(
    by_heat: Filled, bus_v: float, peak_a: float, continuous_a: float, kt_nm_per_a: float, speed_rad_s: float | None
) -> Filled:
    """The resistance by heat, held low enough for the listed torques and speed.

    At rest 0.7 of the bus drives the peak current; at the listed input speed what the back-EMF leaves drives the
    continuous current.
    """
    most = 0.7 * bus_v / peak_a
    left_v = bus_v - kt_nm_per_a * (speed_rad_s or 0.0)
    if speed_rad_s is not None and left_v > 0:
        most = min(most, left_v / continuous_a)
    if by_heat.value <= most:
        return by_heat
    return Filled(most, "lets the bus drive the peak current at rest and the continuous current at speed, E")


def continuous_a(resistance_ohm: float, path_k_per_w: float, winding_max_c: float, copper_per_k: float) -> Filled:
    """Current that heats the winding to its maximum at 25 C ambient."""
    hot = resistance_ohm * (1 + copper_per_k * (winding_max_c - REFERENCE_C))
    value = math.sqrt((winding_max_c - AMBIENT_C) / (path_k_per_w * hot))
    return Filled(value, "heats the winding to its maximum, D")


# Drives


def standby_w() -> Filled:
    """Electronics of a joint drive."""
    return Filled(3.0, "3 W, E")


def loss_share() -> Filled:
    """Power stages are 96 to 98 % efficient."""
    return Filled(0.03, "3 % of the power through the drive, K")


def derate_from_c(winding_max_c: float) -> Filled:
    """Derating begins well below the insulation's limit."""
    return Filled(winding_max_c - 35, "35 K below the winding's maximum, E")


def trip_c(winding_max_c: float) -> Filled:
    """The drive gives up just above the insulation's limit."""
    return Filled(winding_max_c + 5, "5 K above the winding's maximum, E")
