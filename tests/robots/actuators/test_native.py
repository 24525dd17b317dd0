"""Laws inside MuJoCo: at the right addresses, on every thread, and never for a model that is not theirs."""

import ctypes
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import NamedTuple

import mujoco
import numpy as np
import pytest
from mujoco import batch, rollout

from pilotline.robots.actuators import native
from pilotline.robots.actuators.interpreted import python_callbacks
from pilotline.robots.actuators.law import Law, LawError
from pilotline.robots.actuators.mount import drive_by

STEPS = 300


class State(NamedTuple):
    force: float = 0.0
    torque_nm: float = 0.0
    spent_j: float = 0.0


class Params(NamedTuple):
    stiffness_nm_per_rad: float
    damping_nms_per_rad: float


TEXT = """
def step(s, p, x, h):
    torque = p.stiffness_nm_per_rad * (x.command - x.q) - p.damping_nms_per_rad * x.v
    return State(torque, torque, s.spent_j + h * xp.abs(torque * x.v))
"""


def law(name: str, text: str = TEXT) -> Law:
    scope = {"State": State, "xp": np}
    exec(text, scope)
    step = scope["step"]
    assert isinstance(step, FunctionType)
    return Law(name, 1, State, Params, step)


@pytest.fixture(scope="module")
def spring() -> Law:
    return law("spring")


@pytest.fixture(scope="module")
def stiff() -> Law:
    """The same name, edited: twice the torque."""
    return law("spring", TEXT.replace("torque = p.", "torque = 2.0 * p."))


ARM = """
<mujoco>
  <option integrator="implicitfast" timestep="0.002"/>
  <worldbody>
    <body gravcomp="0.5">
      <joint name="a" axis="0 1 0" actuatorgravcomp="true"/><geom size=".05" pos=".3 0 0" mass="1"/>
      <body pos=".3 0 0"><joint name="b" axis="0 1 0"/><geom size=".05" pos=".3 0 0" mass="1"/></body>
    </body>
  </worldbody>
</mujoco>
"""


def build(law_a: Law, law_b: Law | None = None) -> mujoco.MjModel:
    spec = mujoco.MjSpec.from_string(ARM)
    drive_by(spec, "a", law_a, Params(20.0, 1.0))
    drive_by(spec, "b", law_b or law_a, Params(10.0, 0.5))
    return spec.compile()


@pytest.fixture
def model(spring: Law) -> mujoco.MjModel:
    return build(spring)


def commands(number: int = 1) -> np.ndarray:
    return np.random.default_rng(5).uniform(-1.0, 1.0, (number, STEPS, 2))


def trajectory(model: mujoco.MjModel, control: np.ndarray) -> np.ndarray:
    data, rows = mujoco.MjData(model), []
    for row in control:
        data.ctrl[:] = row
        mujoco.mj_step(model, data)
        rows.append(np.concatenate([data.qpos, data.qvel, data.act]))
    return np.array(rows)


USED = {
    "mjModel": {
        *("actuator_actadr", "actuator_ctrladr", "actuator_dynprm", "actuator_trnid", "actuator_trntype"),
        *("actuator_user", "jnt_actgravcomp", "jnt_dofadr"),
    },
    "mjData": {"act", "act_dot", "ctrl", "actuator_length", "actuator_velocity", "qfrc_gravcomp"},
}


@pytest.mark.parametrize("struct", USED)
def test_fields_are_where_mujoco_has_them(struct, model):
    data = mujoco.MjData(model)
    mujoco.mj_step(model, data)
    owner = model if struct == "mjModel" else data
    checked = set()
    for field in native.structs.STRUCTS[struct].fields:
        value = getattr(owner, field.name, None)
        if isinstance(field.type, native.ast_nodes.PointerType) and isinstance(value, np.ndarray) and value.size:
            address = ctypes.c_void_p.from_address(owner._address + native.offset(struct, field.name)).value
            if address:  # none: Python shows a placeholder
                assert address == value.ctypes.data, field.name
                checked.add(field.name)
    assert checked >= USED[struct]
    assert len(checked) > 50


def test_the_time_step_and_counts_are_where_mujoco_has_them(model):
    at = model._address + native.offset("mjModel", "opt") + native.offset("mjOption", "timestep")
    assert ctypes.c_double.from_address(at).value == model.opt.timestep
    for name in ("nuser_actuator", "nq", "nu", "nactuator"):
        assert ctypes.c_int.from_address(model._address + native.offset("mjModel", name)).value == getattr(model, name)


def test_a_field_that_mujoco_lacks_is_named():
    with pytest.raises(LawError, match=r"has no mjModel\.actuator_colour"):
        native.offset("mjModel", "actuator_colour")


def test_a_law_does_in_mj_step_what_it_says(model):
    data = mujoco.MjData(model)
    data.qpos[:], data.qvel[:], data.ctrl[:] = [0.1, -0.2], [0.3, 0.4], [0.5, 0.0]
    mujoco.mj_step(model, data)
    expected = [20.0 * 0.4 - 1.0 * 0.3, 10.0 * 0.2 - 0.5 * 0.4]
    start = model.actuator_actadr
    np.testing.assert_allclose(data.act[start], expected, rtol=1e-12)
    np.testing.assert_allclose(data.act[start + 1], expected, rtol=1e-12)


def test_the_force_of_a_step_is_that_of_its_own_state(model):
    data = mujoco.MjData(model)
    data.qpos[:], data.ctrl[:] = [0.1, -0.2], [0.5, 0.0]
    mujoco.mj_forward(model, data)
    gravity = data.qfrc_gravcomp[0]
    assert gravity != 0.0
    # half the weight is compensated through the actuator of `a`: MuJoCo adds it to the joint, so the law's own
    # force is given without it
    np.testing.assert_allclose(data.actuator_force, [20.0 * 0.4 - gravity, 10.0 * 0.2], rtol=1e-12)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_of_a_batch_give_the_bits_of_mj_step(model, threads):
    control = commands(8)
    alone = np.array([trajectory(model, rows)[-1] for rows in control])
    together = batch.Batch(model, 8, threads)
    for step in range(STEPS):
        together.ctrl = control[:, step]
        together.step()
    assert not together.status.any()
    np.testing.assert_array_equal(np.concatenate([together.qpos, together.qvel, together.act], axis=1), alone)


def test_rollout_gives_the_bits_of_mj_step(model):
    control = commands(4)
    data = [mujoco.MjData(model) for _ in range(2)]
    start = np.zeros((4, mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_FULLPHYSICS)))
    states, _ = rollout.rollout(model, data, start, control)
    alone = np.array([trajectory(model, rows)[-1] for rows in control])
    np.testing.assert_array_equal(states[:, -1, 1 : 1 + alone.shape[1]], alone)


def test_a_saved_state_is_resumed_bit_for_bit(model):
    control = commands()[0]
    data, kind = mujoco.MjData(model), mujoco.mjtState.mjSTATE_INTEGRATION
    for row in control[:100]:
        data.ctrl[:] = row
        mujoco.mj_step(model, data)
    saved = np.empty(mujoco.mj_stateSize(model, kind))
    mujoco.mj_getState(model, data, saved, kind)
    again = mujoco.MjData(model)
    mujoco.mj_setState(model, again, saved, kind)
    for row in control[100:]:
        for each in (data, again):
            each.ctrl[:] = row
            mujoco.mj_step(model, each)
    np.testing.assert_array_equal(data.qpos, again.qpos)
    np.testing.assert_array_equal(data.act, again.act)


def test_models_with_different_laws_live_side_by_side(spring, stiff):
    control = commands()[0]
    pairs = [(spring, spring), (stiff, stiff), (spring, stiff)]
    models = [build(*pair) for pair in pairs]
    alone = [trajectory(each, control) for each in models]
    datas = [mujoco.MjData(each) for each in models]
    for row in control:
        for each, data in zip(models, datas, strict=True):
            data.ctrl[:] = row
            mujoco.mj_step(each, data)
    for data, rows in zip(datas, alone, strict=True):
        np.testing.assert_array_equal(data.qpos, rows[-1, :2])
    assert not np.allclose(alone[0][-1, :2], alone[1][-1, :2])


def test_an_edited_law_is_another_law(spring, stiff):
    assert spring.name == stiff.name
    assert native.place(spring) != native.place(stiff)
    model = build(spring, stiff)
    assert native.law_of(model, 0) == spring
    assert native.law_of(model, 1) == stiff


ALTERED: list[tuple[str, Callable[[np.ndarray], None]]] = [
    ("identity", lambda prm: prm.__setitem__(native.IDENTITY, prm[native.IDENTITY] + 1)),
    ("place", lambda prm: prm.__setitem__(native.PLACE, prm[native.PLACE] + 1)),
    ("place below", lambda prm: prm.__setitem__(native.PLACE, -1)),
    ("place beyond", lambda prm: prm.__setitem__(native.PLACE, 1e9)),
    ("nan", lambda prm: prm.__setitem__(native.PLACE, math.nan)),
    ("infinite", lambda prm: prm.__setitem__(native.IDENTITY, math.inf)),
    ("forgotten", lambda prm: prm.fill(0.0)),
]


@pytest.fixture(params=ALTERED, ids=lambda item: item[0])
def foreign(request: pytest.FixtureRequest, spring: Law) -> mujoco.MjModel:
    """A model whose second actuator was built for a law that is not at its place."""
    model = build(spring, law("other"))
    request.param[1](model.actuator_dynprm[1])
    return model


def test_a_foreign_model_is_refused_before_it_steps(foreign):
    with pytest.raises(LawError, match=r"actuator 'b' was built for law .*build the model here") as error:
        native.check(foreign)
    assert "\n" not in str(error.value)


def test_a_foreign_model_stops_in_mj_step(foreign):
    with pytest.raises(mujoco.FatalError, match="built for a law that this process does not have at its place"):
        mujoco.mj_step(foreign, mujoco.MjData(foreign))


def test_a_foreign_model_stops_a_batch(spring):
    model = build(spring)
    model.actuator_dynprm[1, native.IDENTITY] += 1
    with pytest.raises(batch.SimulationError, match="built for a law"):
        batch.Batch(model, 4, 2).step()


def test_a_foreign_model_harms_no_other(spring, model):
    before = trajectory(model, commands()[0])
    wrong = build(spring)
    wrong.actuator_dynprm[0, native.IDENTITY] += 1
    with pytest.raises(mujoco.FatalError):
        mujoco.mj_step(wrong, mujoco.MjData(wrong))
    np.testing.assert_array_equal(trajectory(model, commands()[0]), before)


def test_rk4_is_refused(model):
    model.opt.integrator = mujoco.mjtIntegrator.mjINT_RK4
    with pytest.raises(LawError, match=r"RK4 .*allowed: implicitfast, implicit, discrete, Euler"):
        native.check(model)


@pytest.mark.parametrize("integrator", ["implicitfast", "implicit", "discrete", "Euler"])
def test_other_integrators_are_allowed(model, integrator):
    model.opt.integrator = getattr(mujoco.mjtIntegrator, f"mjINT_{integrator.upper()}")
    native.check(model)
    assert np.isfinite(trajectory(model, commands()[0])).all()


def change_states(spec: mujoco.MjSpec) -> None:
    spec.actuators[1].actdim = 2


def change_target(spec: mujoco.MjSpec) -> None:
    spec.body("ball").add_joint(name="ball", type=mujoco.mjtJoint.mjJNT_BALL)
    spec.actuators[1].target = "ball"


def change_partner(spec: mujoco.MjSpec) -> None:
    prm = list(spec.actuators[1].dynprm)
    prm[native.PARTNER] = 3.0
    spec.actuators[1].dynprm = prm


def change_parameter(spec: mujoco.MjSpec) -> None:
    spec.actuators[1].userdata = [math.nan, 1.0]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (change_states, "it has 2 states; allowed: 3"),
        (change_target, "acts on something else; allowed: a hinge or slide joint"),
        (change_partner, "its partner is actuator 4; allowed: 0 to 1"),
        (change_parameter, "a parameter is not finite"),
    ],
)
def test_an_actuator_that_does_not_fit_its_law_is_refused(spring, change, what):
    spec = mujoco.MjSpec.from_string(ARM)
    spec.worldbody.add_body(name="ball").add_geom(size=[0.1, 0.0, 0.0], mass=1.0)
    for joint in ("a", "b"):
        drive_by(spec, joint, spring, Params(1.0, 1.0))
    mujoco.set_mjcb_act_dyn(None)  # compiling would evaluate it
    mujoco.set_mjcb_act_bias(None)
    change(spec)
    with pytest.raises(LawError, match=f"actuator 'b' of law spring: .*{what}"):
        native.check(spec.compile())


@pytest.fixture
def others() -> Iterator[None]:
    """Somebody else may set callbacks here."""
    yield
    mujoco.set_mjcb_act_dyn(None)
    mujoco.set_mjcb_act_bias(None)
    native.install()


C_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("name", ["act_dyn", "act_bias"])
@pytest.mark.parametrize("language", ["Python", "C"])
def test_the_callback_of_another_library_is_not_replaced(model, name, language):
    def python(m, d, i):
        return 0.0

    theirs = python if language == "Python" else C_CALLBACK(python)
    getattr(mujoco, f"set_mjcb_{name}")(theirs)
    with pytest.raises(LawError, match=f"mjcb_{name} holds another library's callback.*set_mjcb_{name}"):
        native.check(model)


@pytest.mark.usefixtures("others")
def test_callbacks_that_were_removed_are_set_again(model):
    before = trajectory(model, commands()[0])
    mujoco.set_mjcb_act_dyn(None)
    mujoco.set_mjcb_act_bias(None)
    native.check(model)
    np.testing.assert_array_equal(trajectory(model, commands()[0]), before)


def test_a_model_without_laws_needs_no_callbacks():
    native.check(mujoco.MjModel.from_xml_string(ARM))


def fails_to_compile(s, p, x, h):
    return State(x.q.real.nothing, 0.0, 0.0)


def test_a_law_that_numba_cannot_compile_is_refused_in_one_line():
    with pytest.raises(LawError, match=r"law odd: cannot be compiled; allowed: arithmetic") as error:
        native.place(Law("odd", 1, State, Params, fails_to_compile))
    assert "\n" not in str(error.value)


FRESH = f"""
import sys
from typing import NamedTuple
import mujoco
import numpy as np
from pilotline.robots.actuators import native
from pilotline.robots.actuators.law import Law, LawError
class State(NamedTuple):
    force: float = 0.0
    torque_nm: float = 0.0
    spent_j: float = 0.0
class Params(NamedTuple):
    stiffness_nm_per_rad: float
    damping_nms_per_rad: float
def law(name, text):
    scope = {{"State": State, "xp": np}}
    exec(text, scope)
    return Law(name, 1, State, Params, scope["step"])
text = {TEXT!r}
spring, other, edited = law("spring", text), law("other", text), law("spring", text.replace("abs", "sign"))
native.place(other)  # where the process that saved the model had the spring
native.install()
model = mujoco.MjModel.from_binary_path(sys.argv[1])
try:
    native.check(model)
    print("accepted")
except LawError:
    print("refused")
try:
    native.adopt(model, edited)
    print("adopted an edited law")
except LawError as error:
    print(error)
try:
    mujoco.mj_step(model, mujoco.MjData(model))
    print("stepped")
except mujoco.FatalError:
    print("stopped")
native.adopt(model, spring)
data = mujoco.MjData(model)
for row in np.load(sys.argv[2]):
    data.ctrl[:] = row
    mujoco.mj_step(model, data)
print(*(float(value).hex() for value in data.qpos))
"""


def test_a_saved_model_is_refused_elsewhere_until_it_is_adopted(tmp_path, spring):
    code = (
        "import sys, mujoco, numpy as np\n"
        + FRESH.split("text = ")[0]
        + f"text = {TEXT!r}\nfrom pilotline.robots.actuators.mount import drive_by\n"
        + f"spec = mujoco.MjSpec.from_string({ARM!r})\n"
        + "for joint, figures in (('a', (20.0, 1.0)), ('b', (10.0, 0.5))):\n"
        + "    drive_by(spec, joint, law('spring', text), Params(*figures))\n"
        + "mujoco.mj_saveModel(spec.compile(), sys.argv[1])\n"
    )
    saved, control = tmp_path / "model.mjb", tmp_path / "control.npy"
    np.save(control, commands()[0])
    subprocess.run([sys.executable, "-c", code, str(saved)], check=True)
    ran = subprocess.run(
        [sys.executable, "-c", FRESH, str(saved), str(control)], check=True, capture_output=True, text=True
    )
    refused, complaint, stopped, result = ran.stdout.splitlines()
    assert (refused, stopped) == ("refused", "stopped")
    assert complaint.startswith("actuator 'a' was built for law ")
    assert "or a law given to adopt" in complaint
    expected = trajectory(build(spring), commands()[0])[-1, :2]
    assert [float.fromhex(word) for word in result.split()] == list(expected)


def test_a_model_that_went_through_xml_is_refused(spring):
    spec = mujoco.MjSpec.from_string(ARM)
    for joint in ("a", "b"):
        drive_by(spec, joint, spring, Params(1.0 / 3.0, 1.0))
    spec.compile()
    text = spec.to_xml()  # six digits, so neither parameters nor identity are what they were
    with pytest.raises(ValueError, match="built for a law that this process does not have"):
        mujoco.MjModel.from_xml_string(text)


def test_python_callbacks_give_the_same_trajectory(model):
    control = commands()[0]
    natively = trajectory(model, control)
    with python_callbacks(model):
        interpreted = trajectory(model, control)
    np.testing.assert_allclose(interpreted, natively, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(trajectory(model, control), natively)


@pytest.mark.parametrize("tier", ["servo", "harmonic", "twin"])
def test_python_callbacks_of_a_tier_give_the_same_trajectory(tier, bench):
    model = bench(tier, gravity_nm=20.0, gravcomp=0.5).model
    control = 0.3 * commands()[0][:, :1]
    natively = trajectory(model, control)
    with python_callbacks(model):
        interpreted = trajectory(model, control)
    assert np.abs(natively[:, 0]).max() > 0.01
    largest = np.maximum(np.abs(natively).max(axis=0), 1e-12)
    assert np.abs((interpreted - natively) / largest).max() < 1e-9


def test_python_callbacks_refuse_another_model_and_end_with_the_context(model, stiff):
    other = build(stiff)
    data = mujoco.MjData(other)
    with python_callbacks(model), pytest.raises(LawError, match="another model"):
        mujoco.mj_step(other, data)
    native.check(model)


def test_python_callbacks_need_a_law():
    with (
        pytest.raises(LawError, match="no actuator with a law; allowed: tiers above ideal"),
        python_callbacks(mujoco.MjModel.from_xml_string(ARM)),
    ):
        pass
