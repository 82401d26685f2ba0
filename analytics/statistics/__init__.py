"""What makes the numbers honest: intervals for what was measured and comparisons between two samples."""
