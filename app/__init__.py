"""The command line, the dashboard's entry point, and everything that the pages call."""
