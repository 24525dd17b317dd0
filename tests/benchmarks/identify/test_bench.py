"""What the actuator moves: pendulums with textbook inertia and gravity, arms whose other joints follow their logs."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.bench import Arm, Pendulum, of_log
from pilotline.benchmarks.identify.log import Log
from pilotline.benchmarks.identify.simulate import Gains, Simulator, Start, Trial
from pilotline.robots.actuators import catalogue

ARM = """
<mujoco>
  <worldbody>
    <body name="upper"><joint name="shoulder" axis="0 1 0" damping="3"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.3" size="0.03" mass="2"/>
      <body name="lower" pos="0 0 -0.3"><joint name="elbow" axis="0 1 0" range="-1 1" limited="true"/>
        <geom type="capsule" fromto="0 0 0 0 0 -0.25" size="0.025" mass="1"/></body></body>
  </worldbody>
  <actuator><motor joint="shoulder"/></actuator>
  <keyframe><key name="home" qpos="0 0.4"/></keyframe>
</mujoco>
"""

URDF = """
<robot name="arm">
  <link name="base"/>
  <link name="rod"><inertial><origin xyz="0 0 -0.2"/><mass value="1.5"/>
    <inertia ixx="0.02" iyy="0.02" izz="0.001" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="swing" type="continuous"><parent link="base"/><child link="rod"/><axis xyz="0 1 0"/></joint>
</robot>
"""


def blank(t, **more):
    empty = dict.fromkeys(("position", "velocity", "current"), np.zeros(len(t)))
    return Log("run.csv", "", t, np.zeros(len(t)), np.ones(len(t), bool), empty, **more)


@pytest.fixture
def arm(tmp_path):
    (tmp_path / "arm.xml").write_text(ARM)
    return Arm(tmp_path / "arm.xml", "shoulder")


def test_a_pendulum_has_the_inertia_and_the_gravity_of_the_textbook():
    pendulum = Pendulum(mass_kg=0.7, length_m=0.2, arm_mass_kg=0.1)
    spec, joint = pendulum.spec(blank(np.arange(10) * 0.1))
    model = spec.compile()
    data = mujoco.MjData(model)
    data.joint(joint).qpos[0] = 0.6
    mujoco.mj_forward(model, data)
    assert data.qfrc_bias[0] == pytest.approx((0.7 + 0.05) * 9.81 * 0.2 * np.sin(0.6), rel=1e-6)
    inertia = np.zeros((1, 1))
    mujoco.mj_fullM(model, data, inertia)
    assert inertia[0, 0] == pytest.approx(pendulum.inertia_kgm2, rel=1e-6)


def test_the_command_line_wins_over_what_a_log_notes_and_what_nobody_says_is_asked_for():
    log = blank(np.arange(10) * 0.1, notes={"mass_kg": 0.5, "length_m": 0.1})
    assert of_log(log, {"mass_kg": 0.7}, None) == Pendulum(0.7, 0.1, 0.0)
    with pytest.raises(IdentifyError, match=r"run\.csv: length_m is not known; give it"):
        of_log(replace(log, notes={}), {"mass_kg": 0.7}, None)
    with pytest.raises(IdentifyError, match=r"length_m = 0: must be above zero"):
        of_log(log, {"length_m": 0.0}, None)


def test_other_joints_of_an_arm_follow_their_logs_however_the_driven_joint_moves(arm):
    t = np.arange(0.0, 3.0, 0.005)
    elbow = 0.4 * np.sin(3.0 * t)
    log = replace(blank(t, others={"elbow": elbow}), command=np.sin(5.0 * t))
    simulator = Simulator([Trial(log, arm, Gains(10.0, 20.0))], catalogue.joint("csg-20-100+tbm-6025"))
    model = simulator._models[0]
    data = mujoco.MjData(model)
    control = simulator._control(0, {}, simulator._steps[0])
    data.qpos[model.joint("elbow").qposadr[0]] = elbow[0]
    followed = []
    for row in control:
        data.ctrl[:] = row
        mujoco.mj_step(model, data)
        followed.append(data.joint("elbow").qpos[0])
    times = simulator.step_s * np.arange(1, len(followed) + 1)
    wanted = 0.4 * np.sin(3.0 * times)
    # the servo of a held joint needs a few hundredths of a second to take up the speed it begins with
    assert np.abs(np.array(followed) - wanted)[times > 0.1].max() < 2e-3
    assert data.joint("shoulder").qpos[0] != 0.0


def test_a_joint_that_was_not_logged_stays_at_home(arm):
    t = np.arange(0.0, 1.0, 0.005)
    controls = arm.controls(blank(t), t)
    assert set(controls) == {"elbow"}
    assert np.all(controls["elbow"] == 0.4)


def test_a_urdf_arm_is_taken(tmp_path):
    (tmp_path / "arm.urdf").write_text(URDF)
    t = np.arange(0.0, 1.0, 0.005)
    trial = Trial(blank(t), Arm(tmp_path / "arm.urdf", "swing"), Gains(10.0, 20.0))
    simulator = Simulator([trial], catalogue.joint("csg-20-100+tbm-6025"))
    ((run,),) = simulator.run([{}], [[Start(0.3, 0.0)]])
    assert run["position"][0] == pytest.approx(0.3, abs=1e-3)
    assert abs(run["position"][-1]) < 0.3


@pytest.mark.parametrize(
    ("joint", "others", "said"),
    [
        ("hip", {}, r"joint=hip: arm\.xml has no such hinge; choose from shoulder, elbow"),
        ("shoulder", {"wrist": np.zeros(200)}, r"column position\.wrist: arm\.xml has no such joint"),
    ],
)
def test_joints_that_an_arm_does_not_have_are_refused(arm, joint, others, said):
    log = blank(np.arange(200) * 0.005, others=others)
    with pytest.raises(IdentifyError, match=said):
        replace(arm, joint=joint).spec(log)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "arm.xml"
    path.write_text("a drawing of an arm")
    with pytest.raises(IdentifyError, match=r"arm\.xml: cannot be read"):
        Arm(path, "shoulder").home()
