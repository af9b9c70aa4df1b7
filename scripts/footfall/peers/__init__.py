"""The peers benchmark: the same questions, the same files, Footfall's rules beside five other engines."""
