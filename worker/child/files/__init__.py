"""Uploaded files that hold numbers or an exported model: what they are, and how each is read."""
