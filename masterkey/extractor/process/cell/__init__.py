"""Of the finished cell: area, flags, cells per substrate, ageing tests."""
