"""What can be reached of a host: sockets, firewalls, packages behind ports."""
