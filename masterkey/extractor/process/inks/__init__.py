"""Perovskite inks: from salts, amounts and formulas to compositions; solvents and additives."""
