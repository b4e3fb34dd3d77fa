"""The gallery of enrolled people: who is this, or none of them."""
