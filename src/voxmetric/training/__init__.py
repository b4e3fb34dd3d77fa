"""Training: recipes, the loop, checkpoints and everything that makes several processes one."""
