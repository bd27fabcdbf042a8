"""Problems in the plane and in space: pictures, plane waves, solids and clouds of points."""
