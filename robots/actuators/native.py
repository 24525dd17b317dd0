"""Laws as native code: compiled by Numba, called by `mj_step` on whichever thread steps the simulation.

MuJoCo has one set of actuator callbacks for the whole process. Ours looks up the law of the actuator at hand in a
table: `dynprm` of the actuator holds the law's identity and its place in the table. A model whose law is not at that
place stops with an error before anything moves.

The law's next state goes into `act_dot` as (next - present) / h, so that MuJoCo's own integration ends on it; state
in `act` is saved, reset, batched and replayed like any other. The bias callback reads the force back from there.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from llvmlite import ir
from mujoco.introspect import ast_nodes, structs
from numba import carray, cfunc, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from pilotline.robots.actuators import scalar
from pilotline.robots.actuators.law import NATIVE, Law, LawError, Motion, fields, leaves, rebind
from pilotline.robots.actuators.laws import shipped

IDENTITY, PLACE, PARTNER = 0, 1, 2
"""Entries of an actuator's `dynprm`: the law's identity, its place in the table, and the partner's id less our own."""

_CAPACITY = 1024
_identities = np.zeros(_CAPACITY, np.int64)
_addresses = np.zeros(_CAPACITY, np.int64)
_laws: list[Law] = []
_kept: list[Any] = []
_SIGNATURE = types.void(types.voidptr, types.voidptr, types.voidptr, types.voidptr, types.float64)


def place(law: Law) -> int:
    """The law's place in this process's table; compiles it at its first use (seconds)."""
    for i, known in enumerate(_laws):
        if known.identity == law.identity:
            return i
    if len(_laws) == _CAPACITY:
        raise LawError(f"law {law.name}: this process already has {_CAPACITY} laws; allowed: no more")
    compiled = _compile(law)
    i = len(_laws)
    _kept.append(compiled)
    _addresses[i], _identities[i] = compiled.address, law.identity
    _laws.append(law)
    return i


def law_of(model: mujoco.MjModel, actuator: int) -> Law | None:
    """The law of an actuator, None where MuJoCo's own dynamics drive it.

    Raises:
      LawError: an actuator of user type whose law this process does not have at its place.
    """
    if model.actuator_dyntype[actuator] != mujoco.mjtDyn.mjDYN_USER:
        return None
    at, identity = _noted(model, actuator, PLACE), _noted(model, actuator, IDENTITY)
    if not 0 <= at < len(_laws) or _laws[at].identity != identity:
        known = ", ".join(f"{law.name} {law.version}" for law in _laws) or "none"
        raise LawError(
            f"actuator {model.actuator(actuator).name!r} was built for law {identity:012x}, which is not at place {at} "
            f"of this process (it has {known}): build the model here, with pilotline.robots.actuators.attach, "
            "or give a model from a file to pilotline.robots.actuators.native.adopt"
        )
    return _laws[at]


def adopt(model: mujoco.MjModel, *laws: Law) -> None:
    """Fit a model that was saved by another process to this one: set each law's place to where it is here.

    Args:
      model: changed only in the places it notes, and only if all its laws are found.
      laws: those of one's own; the laws that come with Pilotline and those that this process has are known.

    Raises:
      LawError: a law that is not among them, an edited one for example.
    """
    users = np.flatnonzero(model.actuator_dyntype == mujoco.mjtDyn.mjDYN_USER).tolist()
    known = {law.identity: law for law in (*shipped(), *_laws, *laws)}
    for i in users:
        if (identity := _noted(model, i, IDENTITY)) not in known:
            names = ", ".join(sorted({f"{law.name} {law.version}" for law in known.values()}))
            raise LawError(
                f"actuator {model.actuator(i).name!r} was built for law {identity:012x}; "
                f"allowed: {names}, as they are here, or a law given to adopt"
            )
    for i in users:
        model.actuator_dynprm[i, PLACE] = place(known[_noted(model, i, IDENTITY)])
    check(model)


def check(model: mujoco.MjModel) -> None:
    """Refuse a model that would step with a law that is not its own.

    Raises:
      LawError: an unknown law, an actuator that does not fit its law, callbacks that somebody replaced, or an
        integrator that evaluates forces more than once a step.
    """
    found = [(i, law) for i in range(model.nactuator) if (law := law_of(model, i))]
    if not found:
        return
    for i, law in found:
        if wrong := _misfit(model, i, law):
            raise LawError(f"actuator {model.actuator(i).name!r} of law {law.name}: {wrong}")
    install()
    if model.opt.integrator == mujoco.mjtIntegrator.mjINT_RK4:
        raise LawError("integrator RK4 calls a law four times a step; allowed: implicitfast, implicit, discrete, Euler")


def _noted(model: mujoco.MjModel, actuator: int, entry: int) -> int:
    """Whole number that an actuator's `dynprm` holds, -1 where it holds none."""
    value = model.actuator_dynprm[actuator, entry]
    return int(value) if np.isfinite(value) else -1


def _misfit(model: mujoco.MjModel, actuator: int, law: Law) -> str | None:
    """How an actuator differs from what its law reads and writes; the callbacks themselves do not look."""
    states, parameters = len(law.states), len(law.parameters)
    if model.actuator_actnum[actuator] != states:
        return f"it has {model.actuator_actnum[actuator]} states; allowed: {states}"
    if model.nuser_actuator < parameters:
        return f"it has {model.nuser_actuator} parameters; allowed: {parameters}"
    if not np.isfinite(model.actuator_user[actuator, :parameters]).all():
        return "a parameter is not finite; allowed: finite numbers"
    partner = _noted(model, actuator, PARTNER)
    far = actuator + partner
    if not 0 <= far < model.nactuator or (partner < 0 and model.actuator_actnum[far] < 3):
        return f"its partner is actuator {far}; allowed: 0 to {model.nactuator - 1}, with states of its own"
    single = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
    for i in {actuator, far}:
        kind = model.actuator_trntype[i]
        on_joint = kind == mujoco.mjtTrn.mjTRN_JOINT and model.jnt_type[model.actuator_trnid[i, 0]] in single
        if not on_joint and kind != mujoco.mjtTrn.mjTRN_TENDON:
            return f"actuator {i} acts on something else; allowed: a hinge or slide joint, or a tendon"
    return None


def install() -> None:
    """Give MuJoCo our callbacks; again after somebody else removed them.

    Raises:
      LawError: another library's callbacks are installed.
    """
    ours_dyn, ours_bias = _callbacks()
    for name, getter, setter, ours in (
        ("mjcb_act_dyn", mujoco.get_mjcb_act_dyn, mujoco.set_mjcb_act_dyn, ours_dyn),
        ("mjcb_act_bias", mujoco.get_mjcb_act_bias, mujoco.set_mjcb_act_bias, ours_bias),
    ):
        present = getter()
        if present is None:
            setter(ours.ctypes)
        elif _address_of(present) != ours.address:
            raise LawError(
                f"{name} holds another library's callback; laws need it: remove it with mujoco.set_{name}(None)"
            )


def _address_of(callback: Any) -> int:
    """Address of a C callback; 0 of one that is a Python function."""
    try:
        return ctypes.cast(callback, ctypes.c_void_p).value or 0
    except ctypes.ArgumentError:
        return 0


@cache
def offset(struct: str, field: str) -> int:
    """Byte offset of a field of a MuJoCo structure, from MuJoCo's own description of it."""
    at = 0
    for member in structs.STRUCTS[struct].fields:
        size, align = _size(member.type)
        at = (at + align - 1) // align * align
        if member.name == field:
            return at
        at += size
    raise LawError(f"MuJoCo {mujoco.__version__} has no {struct}.{field}")


_SCALARS = {
    **dict.fromkeys(("mjtNum", "mjtSize", "double", "size_t", "int64_t", "uint64_t", "uintptr_t"), 8),
    **dict.fromkeys(("mjtByte", "mjtBool", "bool", "char", "unsigned char"), 1),
}


def _size(kind: Any) -> tuple[int, int]:
    """Size and alignment of a C type."""
    if isinstance(kind, ast_nodes.PointerType):
        return 8, 8
    if isinstance(kind, ast_nodes.ArrayType):
        size, align = _size(kind.inner_type)
        return size * int(np.prod(kind.extents)), align
    fields = getattr(kind, "fields", None) or getattr(structs.STRUCTS.get(getattr(kind, "name", "")), "fields", None)
    if fields is None:
        size = _SCALARS.get(kind.name, 4)  # 4: enumerations
        return size, size
    at, widest = 0, 1
    for size, align in (_size(member.type) for member in fields):
        at, widest = (at + align - 1) // align * align + size, max(widest, align)
    return (at + widest - 1) // widest * widest, widest


@intrinsic
def _load_pointer(typingctx: Any, base: Any, at: Any) -> Any:
    """The pointer stored `at` bytes after `base`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        where = builder.gep(args[0], [args[1]])
        return builder.load(builder.bitcast(where, cgutils.voidptr_t.as_pointer()))

    return types.voidptr(types.voidptr, types.int64), codegen


@intrinsic
def _load_int(typingctx: Any, base: Any, at: Any) -> Any:
    """The 32-bit integer stored `at` bytes after `base`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        where = builder.gep(args[0], [args[1]])
        value = builder.load(builder.bitcast(where, ir.IntType(32).as_pointer()))
        return builder.sext(value, ir.IntType(64))

    return types.int64(types.voidptr, types.int64), codegen


@intrinsic
def _table(typingctx: Any, address: Any, at: Any) -> Any:
    """Entry of one of the tables above."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        base = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.load(builder.gep(base, [args[1]]))

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def _load_byte(typingctx: Any, base: Any, at: Any) -> Any:
    """The byte stored `at` bytes after `base`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(builder.bitcast(builder.gep(args[0], [args[1]]), ir.IntType(8).as_pointer()))
        return builder.zext(value, ir.IntType(64))

    return types.int64(types.voidptr, types.int64), codegen


@intrinsic
def _load_float(typingctx: Any, base: Any, at: Any) -> Any:
    """The double stored `at` bytes after `base`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        where = builder.gep(args[0], [args[1]])
        return builder.load(builder.bitcast(where, ir.DoubleType().as_pointer()))

    return types.float64(types.voidptr, types.int64), codegen


@intrinsic
def _advance(typingctx: Any, base: Any, by: Any) -> Any:
    """The pointer `by` bytes after `base`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]])

    return types.voidptr(types.voidptr, types.int64), codegen


@intrinsic
def _call(typingctx: Any, address: Any, act: Any, params: Any, motion: Any, act_dot: Any, h: Any) -> Any:
    """Call the compiled law at an address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = cgutils.voidptr_t
        kind = ir.FunctionType(ir.VoidType(), [pointer, pointer, pointer, pointer, ir.DoubleType()])
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, args[1:])
        return context.get_dummy_value()

    return types.void(types.int64, *[types.voidptr] * 4, types.float64), codegen


@intrinsic
def _complain(typingctx: Any, address: Any, text: Any) -> Any:
    """Call mju_error, which does not come back."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t], var_arg=True)
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), [builder.inttoptr(args[1], cgutils.voidptr_t)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@intrinsic
def _room(typingctx: Any) -> Any:
    """Room for a motion on the stack."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        room = cgutils.alloca_once(builder, ir.DoubleType(), size=len(Motion._fields))
        return builder.bitcast(room, cgutils.voidptr_t)

    return types.voidptr(), codegen


def numba_step(law: Law) -> Any:
    """The law's step as a Numba function of one actuator: (state, params, motion, timestep_s) -> next state."""
    # inlined whole: called apart, the parts of a law would hand each other sixty numbers over the stack
    inlined = njit(error_model="numpy", forceinline=True)
    return rebind(law.step, scalar, lambda f: getattr(f, NATIVE, None) or inlined(f))


def _compile(law: Law) -> Any:
    """The law as a C function (act, params, motion, act_dot, h) that writes the change of its state."""
    inner = numba_step(law)
    scope: dict[str, Any] = {
        "inner": inner,
        "carray": carray,
        "Motion": Motion,
        "float64": types.float64,
    }
    ns, npar = len(law.states), max(len(law.parameters), 1)
    lines = [
        "def law(act_, params_, motion_, act_dot_, h):",
        f"    a = carray(act_, {ns}, float64)",
        f"    q = carray(params_, {npar}, float64)",
        f"    m = carray(motion_, {len(Motion._fields)}, float64)",
        f"    o = carray(act_dot_, {ns}, float64)",
        f"    s = {_construct('State', law.state, 'a', scope)}",
        f"    p = {_construct('Params', law.params, 'q', scope)}",
        f"    x = Motion({', '.join(f'm[{i}]' for i in range(len(Motion._fields)))})",
        "    n = inner(s, p, x, h)",
        "    rate = 1.0 / h",
        *(f"    o[{i}] = (n.{path} - a[{i}]) * rate" for i, path in enumerate(law.states)),
    ]
    exec("\n".join(lines), scope)
    try:
        return cfunc(_SIGNATURE, error_model="numpy")(scope["law"])
    except Exception as error:  # Numba's own errors have many kinds; any of them means that the law is not one
        text = " ".join(str(error).split())
        raise LawError(
            f"law {law.name}: cannot be compiled; allowed: arithmetic and what `scalar` has. {text[:400]}"
        ) from None


def _construct(name: str, shape: type[Any], array: str, scope: dict[str, Any]) -> str:
    """Source that builds a nested NamedTuple from consecutive entries of an array."""
    counter = iter(range(len(list(leaves(shape)))))

    def build(label: str, kind: Any) -> str:
        scope[label] = kind
        parts = []
        for field, child in fields(kind):
            parts.append(build(f"{label}_{field}", child) if hasattr(child, "_fields") else f"{array}[{next(counter)}]")
        return f"{label}({', '.join(parts)})"

    return build(name, shape)


@cache
def _library() -> ctypes.CDLL:
    found = sorted(Path(mujoco.__path__[0]).glob("*mujoco*.so*")) + sorted(
        Path(mujoco.__path__[0]).glob("*mujoco*.dylib")
    )
    return ctypes.CDLL(str(found[0]))


_TEXT = ctypes.create_string_buffer(
    b"Pilotline: an actuator of this model was built for a law that this process does not have at its place; "
    b"build the model here, with pilotline.robots.actuators.attach"
)


@cache
def _callbacks() -> tuple[Any, Any]:
    """The two callbacks, compiled once a process."""
    m_actadr = offset("mjModel", "actuator_actadr")
    m_dynprm, m_user = offset("mjModel", "actuator_dynprm"), offset("mjModel", "actuator_user")
    m_nuser, m_trnid = offset("mjModel", "nuser_actuator"), offset("mjModel", "actuator_trnid")
    m_dofadr, m_trntype = offset("mjModel", "jnt_dofadr"), offset("mjModel", "actuator_trntype")
    on_joint = int(mujoco.mjtTrn.mjTRN_JOINT)
    m_grav = offset("mjModel", "jnt_actgravcomp")
    m_h = offset("mjModel", "opt") + offset("mjOption", "timestep")
    d_act, d_dot, d_ctrl = offset("mjData", "act"), offset("mjData", "act_dot"), offset("mjData", "ctrl")
    d_length, d_velocity = offset("mjData", "actuator_length"), offset("mjData", "actuator_velocity")
    d_gravity = offset("mjData", "qfrc_gravcomp")
    identities, addresses, text = _identities.ctypes.data, _addresses.ctypes.data, ctypes.addressof(_TEXT)
    error = ctypes.cast(_library().mju_error, ctypes.c_void_p).value
    stride = mujoco.mjNDYN * 8
    m_ctrladr = offset("mjModel", "actuator_ctrladr")

    @njit(error_model="numpy", forceinline=True)
    def gravity(m, d, i):
        if _load_int(_load_pointer(m, m_trntype), 4 * i) != on_joint:
            return 0.0
        joint = _load_int(_load_pointer(m, m_trnid), 8 * i)
        if _load_byte(_load_pointer(m, m_grav), joint) == 0:
            return 0.0
        dof = _load_int(_load_pointer(m, m_dofadr), 4 * joint)
        return _load_float(_load_pointer(d, d_gravity), 8 * dof)

    @cfunc(types.float64(types.voidptr, types.voidptr, types.int32), error_model="numpy")
    def dyn(m, d, i):
        prm = _advance(_load_pointer(m, m_dynprm), i * stride)
        identity = np.int64(_load_float(prm, 8 * IDENTITY))
        at = np.int64(_load_float(prm, 8 * PLACE))
        if at < 0 or at >= _CAPACITY or _table(identities, at) != identity:
            _complain(error, text)
            return 0.0
        act, dot = _load_pointer(d, d_act), _load_pointer(d, d_dot)
        adr = _load_int(_load_pointer(m, m_actadr), 4 * i)
        h = _load_float(m, m_h)
        length, velocity = _load_pointer(d, d_length), _load_pointer(d, d_velocity)
        room = _room()
        x = carray(room, 8, types.float64)
        x[0] = _load_float(_load_pointer(d, d_ctrl), 8 * _load_int(_load_pointer(m, m_ctrladr), 4 * i))
        x[1] = _load_float(length, 8 * i)
        x[2] = _load_float(velocity, 8 * i)
        x[3] = gravity(m, d, i)
        partner = np.int64(_load_float(prm, 8 * PARTNER))
        x[4] = x[5] = x[6] = x[7] = 0.0
        if partner != 0:
            far = i + partner
            x[4] = _load_float(length, 8 * far)
            x[5] = _load_float(velocity, 8 * far)
            x[3] += gravity(m, d, far)
            if partner < 0:
                first = _load_int(_load_pointer(m, m_actadr), 4 * far)
                x[6] = _load_float(act, 8 * (first + 1)) + h * _load_float(dot, 8 * (first + 1))
                x[7] = _load_float(act, 8 * (first + 2)) + h * _load_float(dot, 8 * (first + 2))
        params = _advance(_load_pointer(m, m_user), 8 * i * _load_int(m, m_nuser))
        _call(_table(addresses, at), _advance(act, 8 * adr), params, room, _advance(dot, 8 * adr), h)
        return 0.0

    @cfunc(types.float64(types.voidptr, types.voidptr, types.int32), error_model="numpy")
    def bias(m, d, i):
        adr = _load_int(_load_pointer(m, m_actadr), 4 * i)
        force = _load_float(_load_pointer(d, d_act), 8 * adr)
        force += _load_float(m, m_h) * _load_float(_load_pointer(d, d_dot), 8 * adr)
        # MuJoCo adds gravity compensation to the joint itself, but here the motor has provided it already
        return force - gravity(m, d, i)

    return dyn, bias
