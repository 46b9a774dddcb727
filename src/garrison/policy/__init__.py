"""The IAM policy language: parse, compile, evaluate, explain, validate, lint. Pure: no I/O, no state but caches.

document = Document.parse(text, PolicyType.IDENTITY)
decision = evaluate(request, Stack(identity=[AttachedPolicy(document, PolicyType.IDENTITY, "dev")]))
"""
