"""Pages of the documentation that are written from declarations in the code."""
