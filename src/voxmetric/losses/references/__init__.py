"""References: what the queries of a batch are compared with, one file each."""
