"""Layers in the order of the text: what was deposited on what and how, written stacks, dopants."""
