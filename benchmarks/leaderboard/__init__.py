"""Leaderboard: a static site over many scorecards, with ranks that say how certain they are."""
