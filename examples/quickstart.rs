//! The same story as `quickstart.py` and `quickstart.mjs`, with the same output: `quickstart.txt`.
#![expect(clippy::print_stdout, reason = "an example prints")]

use nearfold::fold::{self, Options};
use nearfold::{Index, Metric, Params, SearchParams};

fn main() -> nearfold::Result<()> {
    // Fold: sums are exact, however ill-conditioned.
    let x = [1e16, 0.1, 0.2, -1e16, 0.3];
    let options = Options::default();
    println!("sum {}, and a plain loop says {}", fold::sum(&x, &options)?, x.iter().sum::<f64>());
    println!("mean {}", fold::mean(&x, &options)?);
    let y = [10000000.2, 10000000.1, 10000000.4];
    println!("variance {}", fold::var(&y, &options.clone().ddof(1.0))?);
    println!("argmax {}", fold::argmax(&y, &options)?);

    // Near: 5,000 vectors of 8 numbers from a small integer generator.
    let mut state = 7_u32;
    let mut random = || {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        (state >> 8) as f32 / 16777216.0 - 0.5
    };
    let vectors: Vec<f32> = (0..5000 * 8).map(|_| random()).collect();
    let query: Vec<f32> = (0..8).map(|_| random()).collect();
    let mut index = Index::new(8, Params::new(Metric::Cosine))?;
    index.add(&vectors, None)?;
    let found = index.search(&query, 3, &SearchParams::default())?;
    for (id, distance) in found.ids.iter().zip(&found.distances) {
        println!("id {id} at {}", f64::from(*distance));
    }

    // One file: what these bytes hold opens in a browser, a notebook and a server.
    let reopened = Index::from_bytes(&index.to_bytes())?;
    let again = reopened.search(&query, 3, &SearchParams::default())?;
    println!("reopened, the same answer: {}", if again == found { "yes" } else { "no" });
    Ok(())
}
