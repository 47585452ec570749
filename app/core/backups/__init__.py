"""Backups: the whole service in one file, and back.

A backup is a tar, compressed as its name says: the database, every uploaded or trained file under its sha256, the
secret key where that is asked for, and last a manifest with the checksum of each part. A file without a manifest at
its end is no whole backup.
"""
