"""One page of a study that can be mailed: drawn from tables alone, with everything that it shows in one HTML file."""
