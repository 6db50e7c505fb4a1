"""Trained models: their versions, the checks each passes before it may answer, their attributes.

A model is served only after its hash, its structure and a trial in a child process were found good;
until then its services say that it is not available. A site's own version is named by a pointer
file and pinned by hash. Imports engine and predictors; never training, store or web.
"""
