"""Environments that are measured, one file each: `build(settings)`, loaded by path, without anything of this project.

Only `ours` imports it. `build` takes a dict of settings and returns a dict:

* `step`: a function without arguments that steps all simulations once and returns two numbers: how many of them did
  physics (those that only began anew in this call do not count), and how many ended;
* `facts`: what is known of the environment, plain JSON types; `physics_steps` per environment step is among them.
"""
