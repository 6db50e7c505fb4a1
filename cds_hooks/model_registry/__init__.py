"""Trained models: their versions, and the gate each passes before it may answer."""
