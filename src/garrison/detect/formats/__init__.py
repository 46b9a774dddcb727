"""Forms of records, one file each: bytes in, events out. No form knows of files, lakes or detectors."""
