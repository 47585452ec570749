"""The thread that this service replaces: its posts are read, and what they say of networks is understood."""
