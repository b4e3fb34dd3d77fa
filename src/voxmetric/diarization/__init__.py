"""Who spoke when: from a recording to the turns of its speakers."""
