//! The JavaScript face: converts types, names and errors.
