"""The SMART App Launch: discovery, authorization with PKCE, token exchange."""
