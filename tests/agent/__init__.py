"""The agent of Inspector, without a server."""
