"""The demo workspace: people, two workflows on real models, and weeks of bot-made history, all marked as demo data."""
