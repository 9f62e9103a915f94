"""The scenarios, grouped by what they are about."""
