"""An assessment: checks asked of accounts, what came of it kept as evidence, and told in the forms people use.

`run` asks, `ledger` keeps (files under the data directory, which `garrison.evidence` can verify without us), `diff`
compares two runs, `signers` are the keys that seal them, `sarif` and `junit` are the forms build servers read.
"""
