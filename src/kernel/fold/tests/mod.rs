//! Tests of the kernels: against rational arithmetic, and each variant against the others.

mod data;
mod exact;
mod extrema;
mod moments;
mod oracle;
mod select;
