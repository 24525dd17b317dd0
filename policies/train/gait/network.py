"""Networks that do in the mirror what they do, mirrored: policy(M s) = M policy(s), value(M s) = value(s)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from scipy.linalg import block_diag
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor, nn

from pilotline.policies.file import Layer
from pilotline.policies.file.torch_export import dense_layers
from pilotline.policies.train.averaging import averaged
from pilotline.policies.train.gait.mirror import Mirror


class _Image(nn.Module):
    """`Mirror` of tensors (n, k)."""

    take: Tensor
    sign: Tensor

    def __init__(self, mirror: Mirror) -> None:
        super().__init__()
        self.register_buffer("take", torch.as_tensor(mirror.take), persistent=False)
        self.register_buffer("sign", torch.as_tensor(mirror.sign, dtype=torch.float32), persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        return values[:, self.take] * self.sign


class _BothSides(nn.Module):
    """A network's hidden numbers for what is seen, and after them for its mirror image: (n, k) to (n, 2 h)."""

    def __init__(self, net: nn.Module, image: _Image) -> None:
        super().__init__()
        self.net, self.image = net, image

    def forward(self, seen: Tensor) -> Tensor:
        both: Tensor = self.net(torch.cat([seen, self.image(seen)]))
        return torch.cat(both.chunk(2), dim=1)


class _Mean(nn.Module):
    """Mean of the outputs for both sides, the second one mirrored back: (n, 2 h) to (n, m)."""

    def __init__(self, last: nn.Linear, image: nn.Module) -> None:
        super().__init__()
        self.last, self.image = last, image

    def forward(self, hidden: Tensor) -> Tensor:
        own, other = hidden.chunk(2, dim=1)
        return 0.5 * (self.last(own) + self.image(self.last(other)))


class _Extractor(nn.Module):
    """Hidden numbers for policy, which sees `width` numbers, and critic, which sees all."""

    def __init__(self, policy_net: _BothSides, value_net: _BothSides, width: int) -> None:
        super().__init__()
        self.policy_net, self.value_net, self._width = policy_net, value_net, width

    def forward(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        return self.forward_actor(seen), self.forward_critic(seen)

    def forward_actor(self, seen: Tensor) -> Tensor:
        hidden: Tensor = self.policy_net(seen[:, : self._width])
        return hidden

    def forward_critic(self, seen: Tensor) -> Tensor:
        hidden: Tensor = self.value_net(seen)
        return hidden


class GaitPolicy(ActorCriticPolicy):
    """Policy and critic of Stable-Baselines3's PPO that are the same on both sides.

    Args:
      width: of the policy's input; the critic sees the whole vector.
      mirror, action_mirror: of the whole vector and of the output.
      lift: (k,) output that lifts the right foot as the clock wants it; an untrained policy steps on the spot.
      clock: column of the input that says how high the right foot is to be.
      average_updates: of the optimiser, time constant of the averaged weights that `layers` gives; 0 for the last ones.
      options: as for `ActorCriticPolicy`.
    """

    def __init__(
        self,
        *args: Any,
        width: int,
        mirror: Mirror,
        action_mirror: Mirror,
        lift: Sequence[float],
        clock: int,
        average_updates: int,
        **options: Any,
    ) -> None:
        self._sides = (width, mirror, action_mirror)
        self._lift, self._clock, self._average_updates = np.array(lift), clock, average_updates
        super().__init__(*args, **options)

    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        width, mirror, action_mirror = self._sides
        own = Mirror(mirror.take[:width], mirror.sign[:width])
        assert isinstance(self.net_arch, list)
        policy = _hidden(width, self.net_arch, self.activation_fn)
        value = _hidden(len(mirror.take), self.net_arch, self.activation_fn)
        last, worth = nn.Linear(self.net_arch[-1], len(action_mirror.take)), nn.Linear(self.net_arch[-1], 1)
        for layer, gain in ((last, 0.01), (worth, 1.0)):
            _begin(layer, gain)
        _step(policy, last, self._lift, self._clock)
        self.mlp_extractor = _Extractor(_BothSides(policy, _Image(own)), _BothSides(value, _Image(mirror)), width)
        self.action_net = _Mean(last, _Image(action_mirror))
        self.value_net = _Mean(worth, nn.Identity())
        self.log_std = nn.Parameter(torch.full((len(action_mirror.take),), float(self.log_std_init)))
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)
        if self._average_updates:
            own = nn.ModuleList([policy, last])
            self.averaged = averaged(own, self.optimizer, self._average_updates)

    def layers(self) -> tuple[Layer, ...]:
        """From the normalised input to the mean output, as dense layers that hold both sides."""
        width, mirror, action_mirror = self._sides
        assert isinstance(self.action_net, _Mean)
        net, last = self.mlp_extractor.policy_net.net, self.action_net.last
        if self._average_updates:
            net, last = self.averaged.module
        one = dense_layers(net, last)
        return both_sides(one, Mirror(mirror.take[:width], mirror.sign[:width]), action_mirror)


def both_sides(layers: Sequence[Layer], mirror: Mirror, action_mirror: Mirror) -> tuple[Layer, ...]:
    """Dense layers of twice the width that give the mean of a network's output and its mirrored one's.

    Args:
      layers: of the network.
      mirror, action_mirror: of its input and output.
    """
    first, *rest, last = layers
    seen = np.zeros_like(first.weights)
    seen[mirror.take] = mirror.sign[:, None] * first.weights
    wide = [Layer(np.hstack([first.weights, seen]), np.tile(first.bias, 2), first.activation)]
    for layer in rest:
        block = block_diag(layer.weights, layer.weights)
        wide.append(Layer(block, np.tile(layer.bias, 2), layer.activation))
    out, bias = action_mirror(last.weights), action_mirror(last.bias[None])[0]
    return (*wide, Layer(0.5 * np.vstack([last.weights, out]), 0.5 * (last.bias + bias), last.activation))


def _hidden(width: int, sizes: Sequence[int], activation: type[nn.Module]) -> nn.Sequential:
    parts: list[nn.Module] = []
    for size in sizes:
        layer = nn.Linear(width, size)
        _begin(layer, float(np.sqrt(2.0)))
        parts += [layer, activation()]
        width = size
    return nn.Sequential(*parts)


def _begin(layer: nn.Linear, gain: float) -> None:
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)


def _step(hidden: nn.Sequential, last: nn.Linear, lift: np.ndarray, clock: int) -> None:
    """Let the first unit of every layer pass on how high the right foot is to be, which is never negative.

    The mirrored half does the same for the left foot, and the output is the mean of both.
    """
    with torch.no_grad():
        column = clock
        for layer in (part for part in hidden if isinstance(part, nn.Linear)):
            layer.weight[0], layer.bias[0] = 0.0, 0.0
            layer.weight[0, column] = 1.0
            column = 0
        last.weight[:, 0] = torch.as_tensor(2.0 * lift, dtype=torch.float32)
