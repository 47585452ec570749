"""The command line: students' commands, which use nothing but app.client, operators' ones, and what all share."""
