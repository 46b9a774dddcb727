"""The wire: from a request to an operation's parameters, and from its output or error back to a response."""
