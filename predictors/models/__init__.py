"""One folder, one trained model: this folder is the registry."""
