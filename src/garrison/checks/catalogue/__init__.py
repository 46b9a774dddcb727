"""Every check, one file each, under the service it is about; the file's name is the check's."""
