"""Estimators: NumPy arrays in, NumPy arrays out. Knows nothing of stores, pages or figures."""
