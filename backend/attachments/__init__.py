"""Images, audio and files out of messages: put aside by the hash of their content, once a project."""
