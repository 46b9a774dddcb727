"""Side-by-side measurements with named peers. Each module has a `main` and prints ratios from one run."""
