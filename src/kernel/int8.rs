//! Dot products of 8-bit codes with a 16-bit query: integers, hence exact in any order.

use super::dispatch;

/// Returns the largest magnitude that a 16-bit query may have, so that no sum of `dim` products
/// with 8-bit codes leaves an `i32`.
pub(crate) fn query_limit(dim: usize) -> i16 {
    (i32::MAX as usize / (128 * dim)).min(i16::MAX as usize) as i16
}

#[inline(always)]
fn one(query: &[i16], row: &[i8]) -> i32 {
    query.iter().zip(row).map(|(&q, &c)| i32::from(q) * i32::from(c)).sum()
}

/// Four rows share each load of the query.
#[inline(always)]
fn four(query: &[i16], rows: [&[i8]; 4]) -> [i32; 4] {
    rows.map(|row| one(query, row))
}

#[inline(always)]
fn listed(query: &[i16], rows: &[i8], nodes: &[u32], out: &mut [i32]) {
    assert_eq!(nodes.len(), out.len());
    let dim = query.len();
    let row = |node: u32| &rows[node as usize * dim..][..dim];
    let (fours, rest) = nodes.as_chunks::<4>();
    let (out_fours, out_rest) = out.as_chunks_mut::<4>();
    for (nodes, out) in fours.iter().zip(out_fours) {
        *out = four(query, nodes.map(row));
    }
    for (&node, out) in rest.iter().zip(out_rest) {
        *out = one(query, row(node));
    }
}

dispatch! {
    /// Writes the dot products of `query` with the listed rows of the matrix `rows`.
    ///
    /// No component of `query` is larger than [`query_limit`] in magnitude.
    pub(crate) fn dots_i8(query: &[i16], rows: &[i8], nodes: &[u32], out: &mut [i32]) = listed;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_exact_at_every_length_and_at_the_limits_of_the_codes() {
        for dim in (1..100).chain([4096, 65536]) {
            let limit = query_limit(dim);
            let query: Vec<i16> = (0..dim).map(|i| if i % 3 == 0 { limit } else { -limit }).collect();
            let rows: Vec<i8> = (0..dim * 6).map(|i| if i % 5 == 0 { -128 } else { 127 }).collect();
            let nodes = [5, 0, 1, 2, 2, 4];
            let mut out = [0; 6];
            dots_i8(&query, &rows, &nodes, &mut out);
            for (node, out) in nodes.into_iter().zip(out) {
                let row = &rows[node as usize * dim..][..dim];
                let exact: i64 = query.iter().zip(row).map(|(&q, &c)| i64::from(q) * i64::from(c)).sum();
                assert_eq!(i64::from(out), exact);
            }
        }
    }
}
