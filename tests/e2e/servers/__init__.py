"""Real servers on loopback, each in a folder of its own: nothing of the system is touched."""
