//! How a vector is stored: encode, distance, re-rank.
