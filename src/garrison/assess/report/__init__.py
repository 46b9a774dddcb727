"""An assessment against a framework, as documents: the same run and framework always give the same bytes."""
