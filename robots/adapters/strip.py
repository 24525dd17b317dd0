"""Taking from a model's spec what the project brings itself: actuators, keyframes, sensors, cameras, lights, floors.

Keyframes lie: their controls can be in another order, their pose through the floor. The home pose is the card's.
Sensors of a file read sites that may be turned against their body; ours are put where the card says.
"""

from __future__ import annotations

import mujoco

from pilotline.robots.adapters.errors import ModelError


def strip(spec: mujoco.MjSpec) -> None:
    """Delete what is not the robot's body. Passive joints, tendons and equality constraints stay."""
    for kind in ("keys", "actuators", "sensors", "cameras", "lights", "plugins", "tuples", "numerics", "texts"):
        for item in list(getattr(spec, kind)):
            spec.delete(item)
    for geom in list(spec.worldbody.geoms):
        spec.delete(geom)
    _sites(spec)
    _skies(spec)


def drop_visuals(spec: mujoco.MjSpec) -> None:
    """Delete geoms that touch nothing, and the meshes, textures and materials that only they use."""
    for geom in list(spec.geoms):
        if not (geom.contype or geom.conaffinity):
            spec.delete(geom)
    used = {geom.meshname for geom in spec.geoms}
    for mesh in list(spec.meshes):
        if mesh.name not in used:
            spec.delete(mesh)
    if not list(spec.skins) and not list(spec.flexes):
        for geom in spec.geoms:
            geom.material = ""
        for item in (*spec.materials, *spec.textures):
            spec.delete(item)


def remove_body(spec: mujoco.MjSpec, name: str) -> None:
    """Delete a body with all it carries, and the excludes and constraints that speak of it."""
    body = spec.body(name)
    gone: set[str] = set()
    joints: set[str] = set()

    def collect(one: mujoco.MjsBody) -> None:
        gone.add(one.name)
        joints.update(joint.name for joint in one.joints)
        for child in one.bodies:
            collect(child)

    collect(body)
    for pair in list(spec.excludes):
        if pair.bodyname1 in gone or pair.bodyname2 in gone:
            spec.delete(pair)
    for equality in list(spec.equalities):
        if {equality.name1, equality.name2} & (gone | joints):
            spec.delete(equality)
    spec.delete(body)


def _sites(spec: mujoco.MjSpec) -> None:
    """Delete sites, whose names are ours, unless a tendon or a constraint hangs on them."""
    needed = any(equality.objtype == mujoco.mjtObj.mjOBJ_SITE for equality in spec.equalities)
    if needed or list(spec.tendons):
        return
    for site in list(spec.sites):
        spec.delete(site)


def _skies(spec: mujoco.MjSpec) -> None:
    for texture in list(spec.textures):
        if texture.type == mujoco.mjtTexture.mjTEXTURE_SKYBOX:
            spec.delete(texture)


def only_root(spec: mujoco.MjSpec, root: str, file: str) -> None:
    """Refuse a model whose bodies do not all hang on `root`."""
    roots = [body.name for body in spec.worldbody.bodies]
    if roots != [root]:
        raise ModelError(
            f"{file}: bodies under the world are {', '.join(roots)}; must be only the card's base.link {root!r} "
            "(name the robot's own file, not a scene)"
        )
