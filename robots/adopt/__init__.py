"""A first adapter card for a humanoid model that nobody has described, found by looking at the model."""

from pilotline.robots.adopt.adopt import Adoption, adopt

__all__ = ["Adoption", "adopt"]
