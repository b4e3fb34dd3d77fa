"""Measures of how good a clustering is, without knowing the speakers."""
