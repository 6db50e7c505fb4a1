"""One file, one service: this folder is the registry.

A module declares one service with `@service`, is found by being here, and is at most 80 lines. It
computes no feature and holds no threshold or code of its own: scores and models come from
`predictors`, thresholds and actions from the data files of `clinical` and `engine`. Imports neither
web, store, auth nor fhir_client, nor another service.
"""
