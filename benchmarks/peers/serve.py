"""Serves turns of one environment to another process: run by path, in any Python environment; see `process`.

    python serve.py SIDE.py SETTINGS_JSON

A JSON object a line. First the side's facts, once its environment is built and warm. Then, for every line
`go SECONDS` read, one turn: `env_steps` done in `seconds`, and how many of them `ended` an episode. An error is one
object with `error`. What the environment itself prints goes to standard error.
"""

import json
import os
import runpy
import sys
import time

WARM_STEPS = 3


def turn(step, seconds):
    """Step for some seconds, at least once."""
    env_steps = ended = 0
    begun = time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds or env_steps == 0:
        did, over = step()
        env_steps += int(did)
        ended += int(over)
    return {"env_steps": env_steps, "seconds": spent, "ended": ended}


def main(path, settings):
    """Build the side and serve turns until there is nothing more to read."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def answer(content):
        answers.write(json.dumps(content) + "\n")

    try:
        given = json.loads(settings)
        if "cores" in given:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.pop("cores")])
        side = runpy.run_path(path)["build"](given)
        turn_step = side["step"]
        for _ in range(WARM_STEPS):
            turn_step()
        answer({"python": sys.version.split()[0], **side["facts"]})
        for line in sys.stdin:
            order, _, seconds = line.partition(" ")
            if order != "go":
                raise ValueError(f"{line.strip()!r} is not 'go SECONDS'")
            answer(turn(turn_step, float(seconds)))
    except Exception as error:
        words = " ".join(str(error).split())
        answer({"error": f"{type(error).__name__}: {words}"[:500]})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
