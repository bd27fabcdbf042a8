"""Problems that are equations: a residual or an energy in place of samples of a target."""
