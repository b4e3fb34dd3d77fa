"""Diarization of sound that is still coming in."""
