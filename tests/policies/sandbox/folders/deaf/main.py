"""Never reads a request."""

import time

from pilotline_policy import Connection

connection = Connection()
connection.send({"control": "ee", "batched": True})
time.sleep(1000)
