"""What attacks look like: pure functions on the bytes of one value, without state and bounded in time.

Each module knows one family and says at its top what it takes for an attack and what it leaves alone. `find` answers
where in the value it found something. The managed rule groups (`garrison.waf.managed`) say which detector looks at
which part of a request; the patterns at the end of a module are what the shared scan must have seen before its `find`
is asked.
"""
