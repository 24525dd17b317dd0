"""System identification: the figures of a joint actuator from logs of its motion."""


class IdentifyError(ValueError):
    """Logs or settings from which nothing can be identified; one line that says why and what was allowed."""
