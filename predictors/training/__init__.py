"""Training and validation of the models: nothing here is imported by what serves."""
