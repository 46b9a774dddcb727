"""Ways to facts, with one interface: `live` (a running Garrison), `endpoint` (anything that speaks AWS), `files`."""
