"""One file, one service: this folder is the registry."""
