"""Requests out of files, tried on a web ACL without a server: what `garrison waf test` does."""
