"""Errors of diarization: the sweep over a recording's turns, error rates under named protocols, intervals."""
