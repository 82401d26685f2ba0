"""Why an answer was bad: the probable cause, the words that point to it, and how sure that is."""
