//! bytes ⇄ index.
