"""Runs where openpi's own packages are: `server PORT` serves a made-up policy, `client PORT` asks a server of ours."""

import json
import sys

import numpy as np
from openpi_client import base_policy, websocket_client_policy


class MadeUp(base_policy.BasePolicy):
    """Chunks of four steps that begin with a hundredth of the target; a target behind the robot makes it fail."""

    def infer(self, obs):
        if obs["target"][0] < 0.0:
            raise RuntimeError("out of memory")
        chunk = np.zeros((4, 17), np.float32)
        chunk[:, :3] = 0.01 * obs["target"]
        chunk[:, 3] = 0.01 * np.arange(4)
        return {"actions": chunk, "state": obs["joint_pos"], "policy_timing": {"infer_ms": np.float64(1.0)}}


def server(port):
    from openpi_server import WebsocketPolicyServer

    WebsocketPolicyServer(MadeUp(), "127.0.0.1", port, {"control": "ee", "action_horizon": 4}).serve_forever()


def client(port):
    policy = websocket_client_policy.WebsocketClientPolicy("127.0.0.1", port)
    metadata = policy.get_server_metadata()
    rng = np.random.default_rng(0)
    answers = []
    for _ in range(3):
        obs = {name: rng.normal(size=len(parts)) for name, parts in metadata["observation"].items()}
        answers.append(policy.infer({**obs, "prompt": "go"})["actions"])
    print(json.dumps({"control": metadata["control"], "actions": [answer.tolist() for answer in answers]}))


if __name__ == "__main__":
    {"server": server, "client": client}[sys.argv[1]](int(sys.argv[2]))
