"""Data: utterance tables, trial lists, splits, batch planning and crops."""
