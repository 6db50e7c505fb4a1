"""Trained models as they are served: verified, versioned, explained, validated."""
