"""What binds all accounts, and how they are governed."""
