//! The Python face: converts types, names and errors.
