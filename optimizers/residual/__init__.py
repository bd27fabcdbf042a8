"""Methods for sums of squares: residuals and their Jacobian."""
