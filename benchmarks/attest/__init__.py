"""Attestation: who vouches for a scorecard, and for what that the simulation cannot know."""
