"""How good an answer was: values in [0, 1] with an explanation and the words they rest on."""
