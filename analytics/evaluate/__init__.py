"""How right the analysis is: measured on labelled data and simulations, with held-back records only."""
