"""Answers more than anybody can keep."""

from pilotline_policy import Connection

connection = Connection()
connection.send({"control": "ee", "batched": True})
while connection.receive():
    block = bytes(1_000_000)
    connection._socket.sendall(b"\xff\xff\xff\xff")
    while True:
        connection._socket.sendall(block)
