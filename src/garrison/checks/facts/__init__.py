"""What checks read, one file each: how it is asked for, and the form it has then."""
