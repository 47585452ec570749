"""The leaderboard as people ask for it: filters, columns, lines, exports and badges, for the page and for the API."""
