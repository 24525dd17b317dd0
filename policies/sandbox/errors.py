"""What can be wrong with a policy folder."""

from __future__ import annotations

from pilotline.policies.remote.errors import RemoteError


class SandboxError(RemoteError):
    """A policy folder that cannot be run as asked; one line with the thing, its value and what is allowed."""
