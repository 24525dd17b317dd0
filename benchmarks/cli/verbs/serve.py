"""`pilotline serve`: a policy of ours for others, over openpi's protocol."""

from __future__ import annotations

import signal
from pathlib import Path

from pydantic import Field, model_validator

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.actuators import Actuators
from pilotline.benchmarks.cli.policies import PolicyChoice, noted
from pilotline.benchmarks.cli.robots import RobotChoice
from pilotline.benchmarks.cli.verb import Choice, Session, Settings, Verb
from pilotline.benchmarks.policy_text import REMOTE


class ServeSettings(Settings):
    """Keys of `pilotline serve`."""

    policy: PolicyChoice = Field(description="what is served")
    station: Choice = Field(description="station that it works at")
    robot: RobotChoice = Field(description="robot: built in, menagerie:NAME, or the path of a card or model")
    actuators: Actuators = Field(description="actuators of its joints")
    host: str = Field(min_length=1, description="address to listen at; 0.0.0.0 lets other machines in")
    port: int = Field(ge=0, le=65_535, description="port to listen at, 0 for any that is free")

    @model_validator(mode="after")
    def _fits(self) -> ServeSettings:
        self.robot.check()
        self.actuators.check(self.robot.text)
        if self.policy.name == REMOTE:
            raise ValueError("policy=remote is served already; give a policy that is here")
        self.policy.check()
        return self


def run(settings: ServeSettings, session: Session) -> int:
    """Serve until interrupted; each connection has a policy of its own."""
    display.choose_backend()
    with noted(session):
        return _serve(settings, session)


def _serve(settings: ServeSettings, session: Session) -> int:
    from pilotline import policies, robots
    from pilotline.policies import Policy
    from pilotline.policies.file.present import present
    from pilotline.policies.remote.server import address_of, metadata_of, serve

    name, station, actuators = settings.policy.text, settings.station.name, settings.actuators.text
    robot = robots.load(settings.robot.text)

    def make(nsim: int) -> Policy:
        return policies.load(name, station, robot, nsim, actuators)

    metadata = metadata_of(present(station, robot, actuators, make(1).control), Path(name).name)
    with serve(make, metadata, settings.host, settings.port) as server:
        host, port = address_of(server)
        session.console.print(
            f"serving {name} at ws://{host}:{port} for {station} with {robot.name}; Ctrl-C stops",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        for one in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores the first by default
            signal.signal(one, signal.default_int_handler)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            session.console.print("stopped", highlight=False)
    return 0


VERB = Verb(name="serve", settings=ServeSettings, run=run)
