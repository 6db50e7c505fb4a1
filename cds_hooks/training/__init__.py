"""Training, validation and recalibration of models, on public data or on a site's own charts.

A site's charts are read and assessed by the engine that serves, so training and serving see the
same features. Nothing here is imported by a process that serves. Imports model_registry, bundles
and predictors; never web, store or auth.
"""
