"""Networks that are torch modules, on the flat vector like any other; loaded when one is named."""
