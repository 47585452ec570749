"""What the child can say to a student, by topic; each sentence is marked with `N_` for translation."""
