"""Training, validation and recalibration of models, on public data or on a site's charts."""
