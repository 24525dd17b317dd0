"""Scripted reference controllers, one file per station."""
