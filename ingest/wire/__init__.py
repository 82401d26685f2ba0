"""Other tools' own wire APIs: their words read into spans and scores."""
