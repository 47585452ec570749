"""Alembic's revisions, and the one call that brings a database up to date."""
