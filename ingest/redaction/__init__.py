"""What a project's policy lets through: acts on spans, parts and scores before anything of them touches a disk."""
