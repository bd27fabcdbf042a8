"""A study beyond its folder: said in words, merged, made again elsewhere, exported and published."""
