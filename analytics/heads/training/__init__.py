"""How the heads were trained: sources, seeds and measures; nothing of it is needed to run Assay."""
