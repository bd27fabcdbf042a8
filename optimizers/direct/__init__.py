"""Direct search: values alone, along lines, coordinates and simplices."""
