"""The detail of one risk, opened from its card: in the demo, and as a SMART app."""
