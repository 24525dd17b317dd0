"""Reads where nothing is."""

import ctypes

from pilotline_policy import serve

serve({"control": "ee", "batched": True}, lambda request: ctypes.string_at(1))
