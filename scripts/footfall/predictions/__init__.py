"""Predictions: what customers will do, learned from earlier snapshots and judged on later ones."""
