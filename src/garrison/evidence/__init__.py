"""Evidence that cannot be altered unseen: canonical records, chained by hash, each run sealed by a signature.

A *run* is a file of lines, one record a line, and everything here works on bytes, so that whoever holds the files and
the public key can verify them without Garrison's database, and without a server:

1. a line is the canonical JSON of its record (RFC 8785: sorted members, no white space, no fractions), so that one
   record has one spelling;
2. `hash` is the SHA-256 of the record's canonical JSON without `hash`; `prev` is the hash of the record before it, and
   of a run's first record the hash of the last record of the run before it (64 zeros for the very first);
3. the last record of a run is its *seal*: how many records there are, the Merkle root over their hashes (RFC 6962), and
   a signature over all that;
4. the *head* names the last run and is signed too, so that runs missing at the end are missed.

What this cannot tell: that somebody who has the signing key wrote everything anew, or put back an older state of the
whole directory, head included. Against the former the key belongs in KMS and its public half elsewhere
(`verify(..., pinned=...)`); against the latter keep the head's hash elsewhere (`verify(..., head_hash=...)`).
"""
