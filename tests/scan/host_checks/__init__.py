"""Checks of hosts on root file systems made for them."""
