"""One file, one score or family of scores: this folder is the registry."""
