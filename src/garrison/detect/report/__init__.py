"""Findings, GuardDuty's JSON, in the forms other tools read. Pure: findings in, documents out."""
