"""The detectors, a file for each family of findings. Importing this package registers them all."""
