"""Questions to the policy engine that several checks ask: who can, by all that speaks for and against it."""
