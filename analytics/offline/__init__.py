"""The whole analysis of one file, without a server and without a database."""
