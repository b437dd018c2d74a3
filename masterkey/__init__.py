"""What the scripts of this repository share, each module named by its domain word."""
