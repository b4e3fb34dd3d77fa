"""Sound that is still being recorded: pipes and files that grow."""
