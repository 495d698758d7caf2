"""The job: sample, verify and score. Knows nothing of the dashboard."""
