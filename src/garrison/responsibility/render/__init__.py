"""The matrix as pictures and pages: SVG and HTML of our own making, legible at 1200 pixels and without colour."""
