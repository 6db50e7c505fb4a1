"""What the server remembers: cards, assessments, feedback and calls, in SQLite or PostgreSQL."""
