"""What several services share: rules, guidelines, and the actions that cards propose."""
