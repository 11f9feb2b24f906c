//! 1-D slices, no shapes, no options: the only place where speed is made.
