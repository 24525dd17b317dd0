"""Networks of other libraries become the same network in a file."""

import numpy as np
import onnxruntime
import pytest

from pilotline.policies.file import Layer, LayerError, Normalisation, flax_export, torch_export, write_policy
from pilotline.policies.file.layers import apply

from .conftest import CHANNELS, INPUTS, contract, network

TOLERANCE = 1e-5


def inputs(n=256):
    return np.random.default_rng(3).normal(0.0, 2.0, (n, INPUTS)).astype(np.float32)


def run(path, values):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"obs": values})[0]


@pytest.mark.parametrize("activation", ["Tanh", "ReLU", "ELU", "SiLU"])
@pytest.mark.parametrize("squash", [False, True])
def test_a_torch_network_and_its_file_agree(tmp_path, activation, squash, normalised):
    import torch

    torch.manual_seed(0)
    kind = getattr(torch.nn, activation)
    net = torch.nn.Sequential(
        torch.nn.Linear(INPUTS, 64), kind(), torch.nn.Linear(64, 32), kind(), torch.nn.Linear(32, CHANNELS)
    )
    modules = (net, torch.nn.Tanh()) if squash else (net,)
    write_policy(tmp_path / "p.onnx", torch_export.dense_layers(*modules), normalised)
    norm, x = normalised.normalisation, inputs()
    seen = np.clip((x - np.float32(norm.mean)) / np.float32(norm.scale), -norm.clip, norm.clip)
    with torch.no_grad():
        wanted = net(torch.tensor(seen)).numpy()
    wanted = np.tanh(wanted) if squash else np.clip(wanted, -1.0, 1.0)
    assert (np.abs(seen) == norm.clip).any()
    assert np.ptp(wanted) > 0.2
    np.testing.assert_allclose(run(tmp_path / "p.onnx", x), wanted, rtol=0.0, atol=TOLERANCE)


@pytest.mark.parametrize("algorithm", ["PPO", "SAC"])
def test_a_policy_of_stable_baselines_and_its_file_agree(tmp_path, algorithm):
    import gymnasium
    import stable_baselines3

    class Env(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (INPUTS,), np.float32)
        action_space = gymnasium.spaces.Box(-1.0, 1.0, (CHANNELS,), np.float32)

    model = getattr(stable_baselines3, algorithm)("MlpPolicy", Env(), seed=1, device="cpu")
    layers = torch_export.dense_layers(*torch_export.sb3_modules(model.policy))
    write_policy(tmp_path / "p.onnx", layers, contract())
    wanted = model.predict(inputs(), deterministic=True)[0]
    np.testing.assert_allclose(run(tmp_path / "p.onnx", inputs()), wanted, rtol=0.0, atol=TOLERANCE)


@pytest.mark.parametrize("activation", ["tanh", "relu", "elu", "swish"])
def test_a_flax_network_and_its_file_agree(tmp_path, activation):
    import jax
    from flax import linen as nn

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            for width in (48, 24):
                x = getattr(nn, activation)(nn.Dense(width)(x))
            return nn.tanh(nn.Dense(CHANNELS)(x))

    net = Net()
    params = net.init(jax.random.PRNGKey(0), inputs(1))
    layers = flax_export.dense_layers(params, activation.capitalize(), squash=True)
    write_policy(tmp_path / "p.onnx", layers, contract())
    wanted = np.asarray(net.apply(params, inputs()))
    np.testing.assert_allclose(run(tmp_path / "p.onnx", inputs()), wanted, rtol=0.0, atol=TOLERANCE)


def test_a_network_of_brax_gives_its_mode(tmp_path):
    import jax
    from brax.training.agents.ppo import networks

    made = networks.make_ppo_networks(INPUTS, CHANNELS)
    params = made.policy_network.init(jax.random.PRNGKey(1))
    layers = flax_export.dense_layers(params, "Swish", outputs=CHANNELS, squash=True)
    write_policy(tmp_path / "p.onnx", layers, contract())
    logits = made.policy_network.apply(None, params, inputs())
    wanted = np.asarray(made.parametric_action_distribution.mode(logits))
    np.testing.assert_allclose(run(tmp_path / "p.onnx", inputs()), wanted, rtol=0.0, atol=TOLERANCE)


def test_layers_of_flax_are_taken_by_number_and_by_name():
    params = {"params": {f"Dense_{i}": {"kernel": np.full((1, 1), i), "bias": [0.0]} for i in (10, 2, 1)}}
    assert [layer.weights.item() for layer in flax_export.dense_layers(params, "Relu")] == [1.0, 2.0, 10.0]
    chosen = flax_export.dense_layers(params, "Relu", names=["Dense_2", "Dense_10"])
    assert [(layer.weights.item(), layer.activation) for layer in chosen] == [(2.0, "Relu"), (10.0, None)]
    with pytest.raises(LayerError, match=r"no layer 'Dense_3' \(there are: Dense_10, Dense_2, Dense_1\)"):
        flax_export.dense_layers(params, "Relu", names=["Dense_3"])


def test_a_torch_module_that_does_more_than_its_layers_is_refused():
    import torch

    class Residual(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Linear(INPUTS, INPUTS)

        def forward(self, x):
            return x + self.inner(x)

    with pytest.raises(LayerError, match="Residual computes something else than its layers in order"):
        torch_export.dense_layers(Residual())
    with pytest.raises(LayerError, match="module LayerNorm; allowed: Linear, Tanh, ReLU, ELU, SiLU"):
        torch_export.dense_layers(torch.nn.Linear(2, 2), torch.nn.LayerNorm(2))


def test_layers_that_do_not_fit_the_contract_are_refused(tmp_path):
    with pytest.raises(LayerError, match="layer 1 takes 6 numbers; allowed: 7"):
        write_policy(tmp_path / "p.onnx", network(inputs=6), contract())
    with pytest.raises(LayerError, match="the last layer gives 2 numbers; allowed: 3, one for each channel"):
        write_policy(tmp_path / "p.onnx", network(outputs=2), contract())
    with pytest.raises(LayerError, match="activation 'Sine'; allowed: Tanh, Relu, Elu, Swish, or none"):
        Layer(np.ones((1, 1)), np.ones(1), "Sine")
    with pytest.raises(LayerError, match="not finite"):
        Layer(np.full((1, 1), np.nan), np.ones(1))
    with pytest.raises(ValueError, match="normalisation mean: 1 numbers; allowed: 7"):
        contract(normalisation=Normalisation(mean=(0.0,), scale=(1.0,)))
    assert list(tmp_path.iterdir()) == []


def test_swish_of_very_negative_numbers_is_nothing_and_no_overflow() -> None:
    values = np.array([[-1000.0], [-1.0], [0.0], [2.0], [1000.0]])
    with np.errstate(all="raise"):
        found = apply([Layer(np.eye(1), np.zeros(1), "Swish")], values)
    wanted = values / (1.0 + np.exp(-np.maximum(values, -500.0)))
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
