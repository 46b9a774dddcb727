"""The parts of `bench.floods`: who defends, who attacks, and what is measured."""
