"""Shards, the store that is built from them, its queries, importers and exporters."""
