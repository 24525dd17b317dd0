"""Pure array functions, compiled: traced once on one simulation, run as native code over as many as there are."""

from pilotline.envs.fused.kernel import Kernel, Store
from pilotline.envs.fused.traced import Traced, TracingError
from pilotline.envs.fused.tracing import trace

__all__ = ["Kernel", "Store", "Traced", "TracingError", "trace"]
