"""What other tools' SDKs ask of a server beside bringing spans: who am I, are you well, prompts, datasets."""
