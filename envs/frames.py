"""Quaternions `w x y z` and planar frames, for batches; elementwise, so no row depends on another."""

from __future__ import annotations

from typing import Any


def quat_mul(xp: Any, a: Any, b: Any) -> Any:
    """Hamilton product of (n, 4) quaternions."""
    aw, ax, ay, az = (a[..., i] for i in range(4))
    bw, bx, by, bz = (b[..., i] for i in range(4))
    return xp.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def quat_conj(xp: Any, q: Any) -> Any:
    """Conjugate of (n, 4) quaternions."""
    return xp.stack([q[..., 0], -q[..., 1], -q[..., 2], -q[..., 3]], axis=-1)


def rotate(xp: Any, q: Any, v: Any) -> Any:
    """Rotate vectors (n, 3) by unit quaternions (n, 4)."""
    w, x, y, z = (q[..., i] for i in range(4))
    a, b, c = (v[..., i] for i in range(3))
    tx, ty, tz = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    return xp.stack(
        [
            a + w * tx + y * tz - z * ty,
            b + w * ty + z * tx - x * tz,
            c + w * tz + x * ty - y * tx,
        ],
        axis=-1,
    )


def quat_from_axis_angle(xp: Any, axis: Any, angle: Any) -> Any:
    """Quaternions (n, 4) of rotations by angle (n,) about a constant unit axis (3,)."""
    half = 0.5 * angle
    s = xp.sin(half)
    return xp.stack([xp.cos(half), axis[0] * s, axis[1] * s, axis[2] * s], axis=-1)


def yaw_quat(xp: Any, yaw: Any) -> Any:
    """Quaternions (n, 4) of turns by yaw (n,) about the vertical."""
    return quat_from_axis_angle(xp, (0.0, 0.0, 1.0), yaw)


def rotation_vector(xp: Any, q: Any) -> Any:
    """Rotation vector (n, 3), shorter way round, of unit quaternions (n, 4)."""
    sign = xp.where(q[..., 0] < 0.0, -1.0, 1.0)
    w = q[..., 0] * sign
    v = q[..., 1:] * sign[..., None]
    s = xp.sqrt(v[..., 0] * v[..., 0] + v[..., 1] * v[..., 1] + v[..., 2] * v[..., 2])
    angle = 2.0 * xp.arctan2(s, w)
    scale = xp.where(s > 1e-9, angle / xp.maximum(s, 1e-9), 2.0)
    return v * scale[..., None]


def yaw_of(xp: Any, q: Any) -> Any:
    """Heading (n,) of unit quaternions (n, 4): angle of the rotated x axis in the horizontal plane."""
    w, x, y, z = (q[..., i] for i in range(4))
    return xp.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def tilt_of(xp: Any, q: Any) -> Any:
    """Angle (n,) between the rotated z axis and the vertical."""
    x, y = q[..., 1], q[..., 2]
    cosine = 1.0 - 2.0 * (x * x + y * y)
    return xp.arccos(xp.maximum(xp.minimum(cosine, 1.0), -1.0))


def wrap(xp: Any, angle: Any) -> Any:
    """Angle brought into [-pi, pi)."""
    turn = 6.283185307179586
    return angle - turn * xp.floor(angle / turn + 0.5)


def into_planar(xp: Any, base: Any, point: Any) -> Any:
    """Points (n, 3) of the world in the frame of planar bases (n, 3) = x, y, yaw."""
    c, s = xp.cos(base[..., 2]), xp.sin(base[..., 2])
    dx, dy = point[..., 0] - base[..., 0], point[..., 1] - base[..., 1]
    return xp.stack([c * dx + s * dy, c * dy - s * dx, point[..., 2]], axis=-1)


def turn_planar(xp: Any, yaw: Any, v: Any) -> Any:
    """Vectors (n, 3) turned by yaw (n,) about the vertical."""
    c, s = xp.cos(yaw), xp.sin(yaw)
    return xp.stack([c * v[..., 0] - s * v[..., 1], s * v[..., 0] + c * v[..., 1], v[..., 2]], axis=-1)


def norm(xp: Any, v: Any) -> Any:
    """Length (n, ...) of vectors (n, ..., k)."""
    return xp.sqrt((v * v).sum(axis=-1))
