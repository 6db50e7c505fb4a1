"""The pages that people open: home, Try it, the services."""
