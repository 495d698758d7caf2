"""The study that ships: Countdown problems, three small models, and how they were trained."""
