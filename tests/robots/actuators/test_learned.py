"""Learned actuators: what the file says, what onnxruntime computes, and every file that is not one refused."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mujoco import batch

from pilotline.robots.actuators import native
from pilotline.robots.actuators.law import LawError, Motion, unflatten
from pilotline.robots.actuators.laws.learned import law_of
from pilotline.robots.actuators.learned import mount_learned, params_of
from pilotline.robots.actuators.network import Figures, Layer, NetworkError, read, write
from pilotline.robots.actuators.pack import Setup

onnx = pytest.importorskip("onnx")

FIGURES = Figures(
    taps=(0, 1, 3),
    period_s=0.004,
    error_scale_rad=0.1,
    velocity_scale_rad_s=4.0,
    torque_scale_nm=40.0,
    torque_limit_nm=60.0,
    armature_kgm2=0.05,
)
SETUP = Setup(inertia_kgm2=1.0, frequency_hz=5.0)


def layers(seed: int, *sizes: int, kinds: tuple[str | None, ...]) -> tuple[Layer, ...]:
    rng = np.random.default_rng(seed)
    return tuple(
        Layer(
            (rng.normal(size=(a, b)) / a**0.5).astype(np.float32),
            (0.3 * rng.normal(size=b)).astype(np.float32),
            kind,
            0.7,
        )
        for a, b, kind in zip(sizes, sizes[1:], kinds, strict=False)
    )


PLAIN = layers(1, 6, 8, 1, kinds=("Tanh", None))


def spring(gain: float = 1.0) -> tuple[Layer, ...]:
    """Torque over its scale = gain times error over its scale."""
    return (Layer(np.array([[gain]] + [[0.0]] * 5), np.zeros(1)),)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Writes a network."""

    def make(content: tuple[Layer, ...] = PLAIN, figures: Figures = FIGURES, name: str = "net.onnx") -> Path:
        write(tmp_path / name, content, figures)
        return tmp_path / name

    return make


def pendulum(path: Path, setup: Setup = SETUP, step_s: float = 0.002, gravcomp: float = 0.0) -> mujoco.MjModel:
    spec = mujoco.MjSpec()
    spec.option.timestep = step_s
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    body = spec.worldbody.add_body(name="arm", gravcomp=gravcomp)
    body.add_joint(name="joint", axis=[0.0, 1.0, 0.0], damping=[2.0, 0.0, 0.0])
    body.add_geom(size=[0.05, 0.0, 0.0], pos=[0.4, 0.0, 0.0], mass=2.0)
    mount_learned(spec, "joint", path, setup)
    model = spec.compile()
    native.check(model)
    return model


def motions(number: int, seed: int = 2) -> np.ndarray:
    """Command, angle and velocity of some steps."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((number, 8))
    rows[:, :3] = rng.uniform(-1.0, 1.0, (number, 3)) * [0.3, 0.3, 4.0]
    return rows


def test_what_is_written_is_read_back(saved):
    network = read(saved())
    assert network.figures == FIGURES
    assert network.name == "net"
    for given_, found in zip(PLAIN, network.layers, strict=True):
        np.testing.assert_array_equal(found.weights, given_.weights)
        np.testing.assert_array_equal(found.bias, given_.bias)
        assert found.activation == given_.activation


def test_a_file_without_armature_leaves_the_joint_its_own(saved):
    path = saved(figures=replace(FIGURES, armature_kgm2=None))
    assert read(path).figures.armature_kgm2 is None
    assert pendulum(path).dof_armature[0] == 0.0
    assert pendulum(saved(name="other.onnx")).dof_armature[0] == 0.05


NETWORKS = [
    ((6, 1), (None,)),
    ((6, 1), ("Tanh",)),
    ((6, 12, 1), ("Relu", None)),
    ((6, 16, 16, 1), ("Softsign", "Elu", None)),
    ((6, 64, 64, 64, 1), ("Elu", "Tanh", "Softsign", None)),
]


def runtime(path: Path, histories: np.ndarray) -> np.ndarray:
    """Torque over its scale, (rows,), as onnxruntime computes it."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: np.float32(histories)})[0][:, 0]


def by_hand(path: Path, rows: np.ndarray, torque_of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Torques of a sequence whose every row is a control step, by the definition of taps and scales."""
    figures = read(path).figures
    error, velocity = rows[:, 0] - rows[:, 1], rows[:, 2]
    index = np.maximum(np.arange(len(rows))[:, None] - np.array(figures.taps), 0)
    history = np.concatenate(
        [error[index] / figures.error_scale_rad, velocity[index] / figures.velocity_scale_rad_s], axis=1
    )
    torque = figures.torque_scale_nm * torque_of(history)
    return np.clip(torque, -figures.torque_limit_nm, figures.torque_limit_nm)


@pytest.mark.parametrize(("sizes", "kinds"), NETWORKS, ids=str)
def test_the_law_computes_what_onnxruntime_computes(saved, sizes, kinds):
    path = saved(layers(5, *sizes, kinds=kinds), replace(FIGURES, torque_limit_nm=1e6))
    network = read(path)
    law, params, rows = law_of(network), params_of(network, SETUP), motions(200)
    state = unflatten(law.state, [0.0] * len(law.states))
    torques = []
    for row in rows:
        state = law.step(state, params, Motion(*row), FIGURES.period_s)
        torques.append(float(state.torque_nm))
    expected = by_hand(path, rows, lambda history: runtime(path, history))
    np.testing.assert_allclose(torques, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_mj_step_computes_what_onnxruntime_computes(saved):
    path = saved(layers(5, 6, 32, 32, 1, kinds=("Softsign", "Tanh", None)))
    model = pendulum(path, step_s=FIGURES.period_s)
    data, rows, torques = mujoco.MjData(model), [], []
    for command in np.random.default_rng(7).uniform(-0.5, 0.5, 200):
        data.ctrl[0] = command
        rows.append([command, data.qpos[0], data.qvel[0]])
        mujoco.mj_step(model, data)
        torques.append(data.act[1])
    expected = by_hand(path, np.array(rows), lambda history: runtime(path, history))
    np.testing.assert_allclose(torques, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_the_network_runs_at_its_own_rate_and_holds_its_torque(saved):
    path = saved(spring(), replace(FIGURES, torque_limit_nm=1e6))
    model = pendulum(path, step_s=0.001)
    data, torques, errors = mujoco.MjData(model), [], []
    for _ in range(40):
        data.ctrl[0] = 0.2
        errors.append(0.2 - data.qpos[0])
        mujoco.mj_step(model, data)
        torques.append(data.act[1])
    expected = np.repeat(np.array(errors[::4]) / 0.1 * 40.0, 4)
    np.testing.assert_allclose(torques, expected, rtol=1e-6)


def test_at_the_first_step_the_past_is_like_the_present(saved):
    mean = (Layer(np.array([[1.0], [1.0], [1.0], [0.0], [0.0], [0.0]]) / 3.0, np.zeros(1)),)
    model = pendulum(saved(mean))
    data = mujoco.MjData(model)
    data.ctrl[0] = 0.05
    mujoco.mj_step(model, data)
    np.testing.assert_allclose(data.act[1], 0.05 / 0.1 * 40.0, rtol=1e-6)


def test_torque_stays_within_the_limits_of_file_and_joint(saved):
    path = saved(spring(50.0))
    for setup, limit in ((SETUP, 60.0), (replace(SETUP, torque_limit_nm=25.0), 25.0)):
        model = pendulum(path, setup)
        data = mujoco.MjData(model)
        data.ctrl[0] = 1.0
        mujoco.mj_step(model, data)
        assert data.act[1] == limit


def test_beyond_the_speed_limit_nothing_drives_the_joint_further(saved):
    model = pendulum(saved(spring(50.0)), replace(SETUP, speed_limit_rad_s=2.0))
    for speed, torque in ((1.9, 60.0), (2.1, 0.0), (-2.1, 60.0)):
        data = mujoco.MjData(model)
        data.ctrl[0], data.qvel[0] = 1.0, speed
        mujoco.mj_step(model, data)
        assert data.act[1] == torque


def test_gravity_torque_passes_through_the_actuator_where_the_body_is_compensated(saved):
    model = pendulum(saved(spring()), gravcomp=1.0)
    data = mujoco.MjData(model)
    data.ctrl[0] = 0.0
    for _ in range(100):
        mujoco.mj_step(model, data)
    assert data.act[1] == pytest.approx(-2.0 * 9.81 * 0.4, rel=1e-6)
    assert data.qpos[0] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_batch_gives_the_bits_of_mj_step(saved, threads):
    model = pendulum(saved(layers(5, 6, 32, 1, kinds=("Elu", None))))
    control = np.random.default_rng(4).uniform(-0.5, 0.5, (6, 150))
    alone = []
    for row in control:
        data = mujoco.MjData(model)
        for value in row:
            data.ctrl[0] = value
            mujoco.mj_step(model, data)
        alone.append(np.concatenate([data.qpos, data.act]))
    together = batch.Batch(model, 6, threads)
    for step in range(150):
        together.ctrl = control[:, step : step + 1]
        together.step()
    np.testing.assert_array_equal(np.concatenate([together.qpos, together.act], axis=1), alone)


def test_the_same_file_is_the_same_law_and_other_weights_are_another(saved):
    one, copy, other = saved(), saved(name="copy.onnx"), saved(spring(), name="other.onnx")
    assert law_of(read(one)) is law_of(read(copy))
    assert law_of(read(one)).identity != law_of(read(other)).identity


def test_another_process_knows_the_law_of_the_same_file(saved):
    path = saved()
    code = (
        "import sys\nfrom pilotline.robots.actuators.laws.learned import law_of\n"
        "from pilotline.robots.actuators.network import read\nprint(law_of(read(sys.argv[1])).identity)"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    assert int(ran.stdout) == law_of(read(path)).identity


def test_networks_of_matmul_and_add_are_read(tmp_path, saved):
    reference = read(saved()).layers
    model = onnx.load(saved(name="gemm.onnx"))
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Gemm":
            flow, weights, bias = node.input
            nodes.append(onnx.helper.make_node("MatMul", [flow, weights], [node.output[0] + "_product"]))
            nodes.append(onnx.helper.make_node("Add", [bias, node.output[0] + "_product"], list(node.output)))
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, tmp_path / "matmul.onnx")
    for one, other in zip(reference, read(tmp_path / "matmul.onnx").layers, strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)
        np.testing.assert_array_equal(one.bias, other.bias)


def test_weights_may_be_stored_transposed_and_in_double_precision(tmp_path, saved):
    path = saved()
    model = onnx.load(path)
    for node in model.graph.node:
        if node.op_type == "Gemm":
            node.attribute.append(onnx.helper.make_attribute("transB", 1))
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.T, tensor.name))
    onnx.save(model, tmp_path / "turned.onnx")
    for one, other in zip(read(path).layers, read(tmp_path / "turned.onnx").layers, strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)


def set_metadata(model, key, value):
    kept = {item.key: item.value for item in model.metadata_props if item.key != key}
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, kept if value is None else {**kept, key: value})


def replace_tensor(model, name, values):
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name == name]
    tensor.CopyFrom(onnx.numpy_helper.from_array(np.asarray(values), name))


def unknown_operation(model):
    model.graph.node[1].op_type = "Sigmoid"


def foreign_domain(model):
    model.graph.node[1].domain = "com.example"


def not_a_number(model):
    replace_tensor(model, "weights_0", np.full((6, 8), np.nan, np.float32))


def whole_numbers(model):
    replace_tensor(model, "weights_0", np.ones((6, 8), np.int64))


def wrong_inputs(model):
    replace_tensor(model, "weights_0", np.ones((5, 8), np.float32))


def wrong_bias(model):
    replace_tensor(model, "bias_0", np.ones(7, np.float32))


def not_a_matrix(model):
    replace_tensor(model, "weights_0", np.ones((6, 8, 1), np.float32))


def too_wide(model):
    replace_tensor(model, "weights_0", np.ones((6, 65), np.float32))
    replace_tensor(model, "bias_0", np.ones(65, np.float32))


def two_outputs(model):
    replace_tensor(model, "weights_1", np.ones((8, 2), np.float32))
    replace_tensor(model, "bias_1", np.ones(2, np.float32))


def scaled(model):
    model.graph.node[0].attribute.append(onnx.helper.make_attribute("alpha", 2.0))


def branched(model):
    model.graph.node[2].input[0] = "sum_0"


def dangling(model):
    model.graph.node[2].output[0] = "elsewhere"


def activated_twice(model):
    model.graph.node.insert(2, onnx.helper.make_node("Relu", ["layer_0"], ["twice"]))
    model.graph.node[3].input[0] = "twice"


def activation_first(model):
    model.graph.node.insert(0, onnx.helper.make_node("Relu", ["history"], ["early"]))
    model.graph.node[1].input[0] = "early"


def short_tensor(model):
    model.graph.initializer[0].raw_data = b"\0" * 8


def elsewhere(model):
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL


def second_input(model):
    model.graph.input.append(onnx.helper.make_tensor_value_info("more", onnx.TensorProto.FLOAT, [1]))


def no_layers(model):
    del model.graph.node[:]
    model.graph.output[0].name = "history"


BROKEN: list[tuple[Callable, str]] = [
    (unknown_operation, "node Sigmoid .*: unknown; allowed: Gemm, MatMul, Add, Relu, Tanh, Elu, Softsign"),
    (foreign_domain, "node Tanh .*: unknown"),
    (not_a_number, "tensor weights_0 holds nan; allowed: finite numbers"),
    (whole_numbers, "tensor weights_0 is of type INT64; allowed: FLOAT, DOUBLE"),
    (wrong_inputs, "layer 1 takes 5 inputs; allowed: 6, error and velocity at every tap"),
    (wrong_bias, r"adds \[\(7,\)\]; allowed: 8 numbers"),
    (not_a_matrix, "allowed: a matrix"),
    (too_wide, "layer 1 is 65 wide; allowed: 1 to 64"),
    (two_outputs, "2 outputs; allowed: 1, the torque"),
    (scaled, "alpha, beta or transA are set"),
    (branched, "its inputs are sum_0, weights_1, bias_1; allowed: layer_0"),
    (dangling, "the chain ends in elsewhere; allowed: the output torque"),
    (activated_twice, "follows Tanh; allowed: one activation per layer"),
    (activation_first, "comes first; allowed: Gemm or MatMul first"),
    (short_tensor, "tensor weights_0 does not hold what its shape"),
    (elsewhere, "tensor weights_0 lies in another file"),
    (second_input, "2 inputs and 1 outputs; allowed: 1 and 1"),
    (no_layers, "0 hidden layers; allowed: 0 to 3, and an output layer"),
    (lambda model: set_metadata(model, "pilotline", None), "metadata pilotline is None; allowed: 'learned 1'"),
    (lambda model: set_metadata(model, "pilotline", "learned 9"), "metadata pilotline is 'learned 9'"),
    (lambda model: set_metadata(model, "period_s", None), "metadata period_s is None; allowed: a positive number"),
    (lambda model: set_metadata(model, "torque_scale_nm", "-1"), "metadata torque_scale_nm is '-1'"),
    (lambda model: set_metadata(model, "torque_limit_nm", "inf"), "metadata torque_limit_nm is 'inf'"),
    (lambda model: set_metadata(model, "error_scale_rad", "0.1 rad"), "metadata error_scale_rad is '0.1 rad'"),
    (lambda model: set_metadata(model, "armature_kgm2", "nan"), "metadata armature_kgm2 is 'nan'"),
    (lambda model: set_metadata(model, "taps", "1 2"), "metadata taps is '1 2'; allowed: rising whole numbers from 0"),
    (lambda model: set_metadata(model, "taps", "0 3 2"), "metadata taps is '0 3 2'"),
    (lambda model: set_metadata(model, "taps", "0 51"), "metadata taps is '0 51'; .* at most 50"),
    (lambda model: set_metadata(model, "taps", "0 1.5"), "metadata taps"),
    (lambda model: set_metadata(model, "taps", ""), "metadata taps is ''"),
]


@pytest.mark.parametrize(("change", "what"), BROKEN, ids=lambda value: getattr(value, "__name__", str(value))[:40])
def test_a_file_that_is_no_such_network_is_refused_in_one_line(saved, change, what):
    path = saved()
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(NetworkError, match=f"net.onnx: .*{what}") as error:
        read(path)
    assert "\n" not in str(error.value)


def test_too_many_layers_are_refused(saved):
    path = saved(layers(1, 6, 4, 4, 4, 4, 1, kinds=("Tanh",) * 5))
    with pytest.raises(NetworkError, match="4 hidden layers; allowed: 0 to 3"):
        read(path)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(NetworkError, match="1000000000000 bytes; allowed: a file of up to 1000000"):
        read(path)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(NetworkError, match="No such file"):
        read(tmp_path / "none.onnx")
    with pytest.raises(NetworkError, match="allowed: a file"):
        read(tmp_path)


def complaint(path: Path) -> str:
    """What `read` says against a file, or nothing."""
    try:
        read(path)
    except NetworkError as error:
        return str(error)
    return ""


@given(data=st.binary(max_size=200), cut=st.integers(0, 400))
def test_arbitrary_bytes_are_refused_in_one_line(data, cut, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes")
    whole = folder / "whole.onnx"
    write(whole, PLAIN, FIGURES)
    for name, content in (("random", data), ("cut", whole.read_bytes()[:cut]), ("mixed", data + whole.read_bytes())):
        path = folder / f"{name}.onnx"
        path.write_bytes(content)
        assert "\n" not in complaint(path)


def test_a_joint_that_does_not_suit_is_refused(saved):
    path, spec = saved(), mujoco.MjSpec()
    body = spec.worldbody.add_body()
    body.add_joint(name="slide", type=mujoco.mjtJoint.mjJNT_SLIDE)
    body.add_joint(name="hinge")
    for joint in ("slide", "none"):
        with pytest.raises(LawError, match=f"joint '{joint}': not a hinge joint"):
            mount_learned(spec, joint, path, SETUP)
    with pytest.raises(LawError, match="mode velocity of a learned actuator; allowed: position"):
        mount_learned(spec, "hinge", path, replace(SETUP, mode="velocity"))
    spec.option.timestep = 0.01
    with pytest.raises(LawError, match=r"physics step 0.01 s; allowed: up to 0.004 s, the control step"):
        mount_learned(spec, "hinge", path, SETUP)
