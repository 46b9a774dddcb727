"""The edge: listeners of load balancers and distributions on this machine, and the inspection of what comes to them."""
