"""What predict logs and captures, and what the feedback loop reads of it."""
