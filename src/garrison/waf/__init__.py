"""AWS WAF's rule language: validate, weigh, compile, inspect. Pure: no sockets, no store, no clock.

acl = compile(web_acl, resolve)              # once per change; the document is the API's own shape
verdict = acl.inspect(request, state, now)   # per request; state keeps counters and token keys
verdict = inspect(web_acl, request)          # all of it at once, for scripts and notebooks
"""
