"""What figures are drawn with: a style, colours, places on a page, panels, legends."""
