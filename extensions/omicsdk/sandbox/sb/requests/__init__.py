"""What holds of each request, whichever operation it is for: limits, pages of lists, fields of answers, times."""
