"""Footfall's Python side: generator, landing checks, reports. Commands are in scripts/*.py."""
