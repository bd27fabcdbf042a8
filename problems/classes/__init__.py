"""Problems of classes: images with labels, seen along directions."""
