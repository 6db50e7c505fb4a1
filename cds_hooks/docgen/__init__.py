"""Pages of the documentation that are written from declarations in the code.

`python -m cds_hooks.docgen.services` and `.configuration` write their part of docs/; a test fails
while a page and its declarations differ. Imports declarations only: engine, settings, predictors.
"""
