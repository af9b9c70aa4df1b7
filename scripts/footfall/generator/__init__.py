"""A shop that never was: raw landing files and the truth behind them, from a seed."""
