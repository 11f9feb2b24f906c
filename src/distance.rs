//! Which distance: name ⇄ enum ⇄ format code ⇄ equation. The only place that holds this table.
//!
//! | name | equation | range | normalises on `add` |
//! |---|---|---|---|
//! | `l2sq` | Σ (aᵢ − bᵢ)² | 0 … ∞ | no |
//! | `ip` | 1 − Σ aᵢ bᵢ | −∞ … ∞ | no |
//! | `cosine` | 1 − Σ aᵢ bᵢ ∕ (‖a‖ ‖b‖), and 1 where a norm is 0; computed as ½ Σ (aᵢ − bᵢ)² of unit vectors where those are kept | 0 … 2 | yes |

use crate::error::{ErrorKind, Result};

/// How far two vectors are from each other. A smaller distance is nearer, for every metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Metric {
    /// Squared Euclidean distance, Σ (aᵢ − bᵢ)².
    #[default]
    L2sq,
    /// Inner product as a distance, 1 − Σ aᵢ bᵢ.
    Ip,
    /// Cosine distance, 1 − cos(a, b); 1 where a vector is zero.
    Cosine,
}

impl Metric {
    /// The names, in the order of the format codes.
    pub const NAMES: &'static str = "l2sq, ip, cosine";

    /// Returns the metric of this name.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "l2sq" => Ok(Self::L2sq),
            "ip" => Ok(Self::Ip),
            "cosine" => Ok(Self::Cosine),
            _ => {
                Err(ErrorKind::UnknownName { kind: "metric", expected: Self::NAMES, got: name.to_owned() }
                    .into())
            }
        }
    }

    /// Returns the metric's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::L2sq => "l2sq",
            Self::Ip => "ip",
            Self::Cosine => "cosine",
        }
    }

    /// Returns the code that stands in a file.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::L2sq => 0,
            Self::Ip => 1,
            Self::Cosine => 2,
        }
    }

    /// Returns the metric of a file's code.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::L2sq, Self::Ip, Self::Cosine].into_iter().find(|metric| metric.code() == code)
    }
}

/// Scales a vector to unit length: the norm in `f64`, one rounding per component. A zero vector stays.
pub(crate) fn normalise(vector: &mut [f32]) {
    let norm = vector.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt();
    if norm > 0.0 {
        for value in vector {
            *value = (f64::from(*value) / norm) as f32;
        }
    }
}
