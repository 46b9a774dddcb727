"""The door for people: sign in with a password and a code, switch roles, let the AWS CLI in, bring federated users in.

It has a port of its own, so that pages and AWS's APIs are different origins to a browser.
"""
