"""What goes wrong with keys, seals, dossiers and attestations."""


class AttestError(ValueError):
    """One line: the thing, its value, what is allowed."""
