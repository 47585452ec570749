"""From what a post says to a network that can be trained: sizes that fit, named defaults, a model file."""
