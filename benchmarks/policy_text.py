"""What kind of policy a job's text means, told by the text alone: the package of policies imports MuJoCo."""

from __future__ import annotations

import re

REMOTE = "remote"
"""Word of a policy that another process serves."""
SANDBOX = "sandbox:"
"""Beginning of a policy that is a folder with a program, run in a cage."""
FILE_PATTERN = r".*\.(onnx|yaml)"
"""A policy that is a file, or the card of somebody else's network."""
SERVED_PATTERN = rf"{REMOTE}( [a-z_]+=[^ ]+)+"
"""`remote url=ws://HOST:PORT`, then options."""
FOLDER_PATTERN = rf"{SANDBOX}.+"
"""`sandbox:PATH`, then options."""
FOREIGN = re.compile(rf"(?!{REMOTE} )({FOLDER_PATTERN}|{FILE_PATTERN})")
"""A policy that is not built in: a file or a folder."""


def is_served(policy: str) -> bool:
    """Whether another process serves it."""
    return policy.startswith(f"{REMOTE} ")


def is_folder(policy: str) -> bool:
    """Whether it is a folder with a program."""
    return policy.startswith(SANDBOX)
