"""What a committee, a purchaser or an authority asks about a trained model, as files to complete.

Every document is written from one value, `Facts`: the model's pinned manifest, the source
attributes of its card, the services that use it, and `controls.toml`, the named rules with their
tests. Nothing in them is said that those do not say: what only the site can know is marked as to
be completed, and what is not available keeps its reason. They are drafts, no conformity.

Imports the model registry and the engine's services; never web, nor the store.
"""
