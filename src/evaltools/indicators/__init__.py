"""Verdicts, gates, accounts and the indicator catalogue."""
