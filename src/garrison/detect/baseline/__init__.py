"""What is usual: of principals, instances and accounts, learned from what they did."""
