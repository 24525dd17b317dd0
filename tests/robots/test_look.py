"""Shells are closed outward skins and have no influence on physics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.robots import Robot, shells
from pilotline.robots.look import Look, LookError, dress

from .conftest import Stage

length = st.floats(0.01, 0.5)


def assert_closed(mesh: shells.Mesh) -> None:
    """Every edge is walked once in each direction: a closed skin with one outside."""
    edges = Counter((int(face[i]), int(face[(i + 1) % 3])) for face in mesh.faces for i in range(3))
    assert all(count == 1 for count in edges.values())
    assert all((b, a) in edges for a, b in edges)
    assert shells.volume_m3(mesh) > 0


@given(length, length, length, st.floats(0.001, 0.2))
def test_boxes_and_cylinders_are_closed_and_stay_in_their_size(a: float, b: float, c: float, r: float) -> None:
    box = shells.rounded_box((a, b, c), r)
    assert_closed(box)
    np.testing.assert_allclose(np.abs(box.vertices).max(axis=0), [a, b, c], rtol=1e-9)
    assert shells.volume_m3(box) <= 8 * a * b * c
    can = shells.cylinder(a, b, r)
    assert_closed(can)
    np.testing.assert_allclose(np.abs(can.vertices).max(axis=0), [a, a, b], rtol=1e-9)


@given(st.lists(st.tuples(length, length), min_size=2, max_size=6), st.floats(1.5, 8.0))
def test_a_loft_never_bulges_past_its_sections(halves: list[tuple[float, float]], exponent: float) -> None:
    sections = [(0.1 * i, 0.0, 0.0, *half) for i, half in enumerate(halves)]
    mesh = shells.loft(sections, exponent, 0.01)
    assert_closed(mesh)
    widest = np.max(halves, axis=0)
    assert np.all(np.abs(mesh.vertices[:, :2]).max(axis=0) <= widest + 1e-9)
    assert mesh.vertices[:, 2].min() == pytest.approx(0.0, abs=1e-12)
    assert mesh.vertices[:, 2].max() == pytest.approx(0.1 * (len(halves) - 1))


def test_tyres_arches_and_ellipsoids_are_closed() -> None:
    assert_closed(shells.tyre(0.1, 0.03, 0.02))
    assert_closed(shells.arch(0.1, 0.12, 0.04, -3.0, -0.2))
    ball = shells.ellipsoid((0.1, 0.2, 0.3))
    assert_closed(ball)
    assert shells.volume_m3(ball) == pytest.approx(4 / 3 * np.pi * 0.006, rel=0.02)


def test_a_mirrored_mesh_keeps_its_outside() -> None:
    mesh = shells.loft([(0, 0, 0.1, 0.05, 0.04), (0.1, 0, 0.2, 0.03, 0.04)], 3.0, 0.01)
    assert_closed(shells.mirrored(mesh))
    assert shells.volume_m3(shells.mirrored(mesh)) == pytest.approx(shells.volume_m3(mesh))


def test_shells_change_no_bit_of_the_motion(stage: Callable[..., Stage]) -> None:
    ends = []
    for dressed in (True, False):
        scene = stage(shells=dressed)
        scene.pose({})
        scene.data.ctrl[:] *= 0.7
        scene.run(1.0)
        ends.append(np.concatenate([scene.data.qpos, scene.data.qvel]))
    np.testing.assert_array_equal(ends[0], ends[1])


def test_shells_touch_nothing_weigh_nothing_and_sit_in_group_two(robot: Robot, bare: mujoco.MjModel) -> None:
    model = robot.spec().compile()
    outside = [i for i in range(model.ngeom) if model.geom_group[i] == 2]
    assert len(outside) > 50
    assert not model.geom_contype[outside].any()
    assert not model.geom_conaffinity[outside].any()
    assert {int(kind) for kind in model.geom_type[outside]} == {int(mujoco.mjtGeom.mjGEOM_MESH)}
    assert model.body_subtreemass[0] == bare.body_subtreemass[0]


def test_shells_stay_near_the_links_they_wrap(robot: Robot) -> None:
    model = robot.spec().compile()
    for i in range(model.ngeom):
        if model.geom_group[i] == 2:
            reach = np.abs(model.geom_pos[i]).max() + model.geom_rbound[i]
            assert reach < 0.75, model.geom(i).name


@pytest.mark.parametrize(("link", "material", "said"), [("tail", "shell", "'tail'"), ("base", "gold", "'gold'")])
def test_a_part_without_link_or_material_is_refused(robot: Robot, link: str, material: str, said: str) -> None:
    part = {"shape": "ellipsoid", "links": [link], "material": material, "half_m": [0.1, 0.1, 0.1]}
    look = Look.model_validate(
        {"schema": "pilotline/look/1", "materials": {"shell": {"rgba": [1, 1, 1, 1]}}, "parts": [part]}
    )
    with pytest.raises(LookError, match=said):
        dress(robot.spec(shells=False), look)
