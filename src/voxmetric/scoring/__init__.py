"""Embeddings on disk, trial scores, and their calibration to log-likelihood ratios."""
