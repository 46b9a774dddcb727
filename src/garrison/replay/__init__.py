"""Accounts and organizations as exports describe them, what a policy change would do to them, and recorded calls.

Works on files alone: `exports` reads them into a `World`, `changes` makes another world of it, `decide` asks either,
`flips` asks both about every call of a log.
"""
