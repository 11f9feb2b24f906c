//! A sketch of the quantiles of a stream.

use super::super::dtype::Dtype;
use super::super::gathered::{Gathered, out_of_memory};
use super::super::names::Reduction;
use super::super::number::Number;
use super::super::options::{self, Method, Options};
use super::super::output::{Output, output};
use super::super::partial::total;
use super::super::reduce::reduce;
use super::super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::exact::bytes::{FieldReader, begun, corrupt, opened, sealed};
use crate::kernel::sort::{key_f64, sort_by_two, sort_f64};

/// The elements of a stream, all of them up to a limit, then a sample with a bound of its error.
///
/// **Up to `limit` elements** nothing is lost: the result has the bits of
/// [`quantile`](super::super::quantile), however the stream was cut and in whatever order parts
/// were merged.
///
/// **Beyond**, the state is a KLL sketch (Z. Karnin, K. Lang, E. Liberty, *Optimal quantile approximation
/// in streams*, FOCS 2016). Level h holds elements that stand for 2ʰ each; the levels together hold at most
/// about 3/4 `limit` of them, the top one `limit`/4 and each below 2/3 of the one above. When there are more,
/// the lowest level that is full is sorted and every other element of it goes one level up. Which half goes
/// is a coin made of the level, of how often it was halved before and of its elements. So the same
/// pushes and merges give the same state on every machine; how one piece is cut into pushes does not matter,
/// nor does which of two states is merged into the other; which parts are merged with which first does.
///
/// [`rank_error`](Self::rank_error) bounds how far the rank of a result is from the one asked for.
/// Cost: O(n log limit) time, 8 bytes for each of `limit` elements.
///
/// ```
/// use nearfold::fold::{Method, stream::Quantiles};
///
/// let mut stream = Quantiles::new(Quantiles::LIMIT)?;
/// stream.push(&[3.0, 1.0, 2.0, 4.0])?;
/// let half = nearfold::fold::Quantiles::One(0.5);
/// assert_eq!(stream.result(&half, Method::Linear)?.to_f64(), Some(2.5));
/// assert_eq!(stream.rank_error(), 0.0);
/// # Ok::<(), nearfold::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Quantiles {
    limit: usize,
    nan: u64,
    /// The smallest and the largest number, if there is one.
    ends: Option<(f64, f64)>,
    /// Elements that stand for 2ʰ each.
    levels: Vec<Level>,
}

#[derive(Clone, Debug, Default)]
struct Level {
    elements: Vec<f64>,
    /// How often half of it went up.
    halved: u64,
}

/// The least room of a level: sorting fewer at a time costs more than it saves.
const LEAST: usize = 16;

/// More levels than this would stand for more than 2^64 elements.
const MOST_LEVELS: usize = 60;

impl Quantiles {
    /// The limit that faces take by default: half a megabyte.
    pub const LIMIT: usize = 65_536;

    /// Returns the state of an empty stream.
    ///
    /// Errors: [`ErrorKind::BadParameter`] unless `limit` is in 4096..=2^27.
    pub fn new(limit: usize) -> Result<Self> {
        if !(4096..=1 << 27).contains(&limit) {
            return Err(Error::bad_parameter("limit", "4096 to 2^27", limit));
        }
        Ok(Self { limit, nan: 0, ends: None, levels: vec![Level::default()] })
    }

    /// Adds all elements of an array of any shape; integers above 2^53 are rounded to doubles.
    ///
    /// All or nothing. Errors: [`ErrorKind::UnsupportedDtype`] for complex numbers; [`ErrorKind::OutOfMemory`].
    pub fn push<'a>(&mut self, values: impl Into<Values<'a>>) -> Result<()> {
        let values = values.into();
        let work = Gathered::flat(&values, "quantiles")?;
        total(self.count(), values.len() as u64)?;
        if work.len() <= self.room() {
            reserve(&mut self.levels[0].elements, work.len())?;
            return self.add(&work);
        }
        // What must be halved is halved in a copy.
        let mut next = self.try_clone()?;
        next.add(&work)?;
        *self = next;
        Ok(())
    }

    fn add(&mut self, work: &Gathered<'_>) -> Result<()> {
        let mut list = Vec::new();
        let mut done = 0;
        while done < work.len() {
            list.clear();
            work.part(done, 4096).append_doubles(&mut list);
            done += list.len();
            let mut rest = list.as_slice();
            while !rest.is_empty() {
                // Up to one more than there is room for: as if each came alone.
                let (now, later) = rest.split_at(rest.len().min(self.room() + 1));
                reserve(&mut self.levels[0].elements, now.len())?;
                now.iter().for_each(|&x| self.keep(x));
                self.compress()?;
                rest = later;
            }
        }
        Ok(())
    }

    fn try_clone(&self) -> Result<Self> {
        let mut levels = Vec::with_capacity(MOST_LEVELS);
        for level in &self.levels {
            let mut elements = Vec::new();
            reserve(&mut elements, level.elements.len())?;
            elements.extend_from_slice(&level.elements);
            levels.push(Level { elements, halved: level.halved });
        }
        Ok(Self { levels, ..*self })
    }

    fn keep(&mut self, x: f64) {
        if x.is_nan() {
            self.nan += 1;
            return;
        }
        let (low, high) = self.ends.unwrap_or((x, x));
        self.ends = Some((least(low, x), greatest(high, x)));
        self.levels[0].elements.push(x);
    }

    /// How many elements more fit before something must be halved.
    fn room(&self) -> usize {
        let kept: usize = self.levels.iter().map(|level| level.elements.len()).sum();
        self.capacities().iter().sum::<usize>().saturating_sub(kept)
    }

    /// How many elements each level may hold, from the lowest on.
    fn capacities(&self) -> Vec<usize> {
        if self.is_exact() {
            return vec![self.limit];
        }
        let mut room = self.limit / 4;
        let mut list: Vec<usize> = (0..self.levels.len())
            .map(|_| {
                let now = room.max(LEAST);
                room = room * 2 / 3;
                now
            })
            .collect();
        list.reverse();
        list
    }

    /// Halves levels until all elements fit.
    fn compress(&mut self) -> Result<()> {
        loop {
            let capacities = self.capacities();
            let lens = self.levels.iter().map(|level| level.elements.len());
            if lens.clone().sum::<usize>() <= capacities.iter().sum() {
                return Ok(());
            }
            let full = lens.zip(&capacities).position(|(len, &room)| len >= room);
            self.halve(full.expect("if no level were full, all elements would fit"))?;
        }
    }

    fn halve(&mut self, level: usize) -> Result<()> {
        if level + 1 == self.levels.len() {
            self.levels.push(Level::default());
        }
        let [low, high] = &mut self.levels[level..level + 2] else { unreachable!("there is a level above") };
        sort_f64(&mut low.elements);
        // Of an odd number the smallest stays.
        let odd = low.elements.len() % 2;
        let even = &low.elements[odd..];
        let offset = coin(level as u64, low.halved, even);
        reserve(&mut high.elements, even.len() / 2)?;
        high.elements.extend(even.iter().skip(offset).step_by(2));
        low.elements.truncate(odd);
        low.halved = low.halved.saturating_add(1);
        Ok(())
    }

    /// Adds what came to another state.
    ///
    /// All or nothing. Errors: [`ErrorKind::BadParameter`] if the other has another limit; [`ErrorKind::OutOfMemory`].
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.limit != other.limit {
            return Err(Error::bad_parameter(
                "other",
                format!("a Quantiles with limit {}", self.limit),
                other.limit,
            ));
        }
        total(self.count(), other.count())?;
        let mut next = self.try_clone()?;
        next.nan += other.nan;
        next.ends = match (self.ends, other.ends) {
            (Some(a), Some(b)) => Some((least(a.0, b.0), greatest(a.1, b.1))),
            (a, b) => a.or(b),
        };
        let levels = self.levels.len().max(other.levels.len());
        next.levels.resize_with(levels, Level::default);
        for (level, more) in next.levels.iter_mut().zip(&other.levels) {
            reserve(&mut level.elements, more.elements.len())?;
            level.elements.extend(&more.elements);
            level.halved = level.halved.saturating_add(more.halved);
        }
        next.compress()?;
        *self = next;
        Ok(())
    }

    /// Returns how many elements came, NaN or not.
    pub fn count(&self) -> u64 {
        self.numbers() + self.nan
    }

    fn numbers(&self) -> u64 {
        self.levels.iter().enumerate().map(|(h, level)| (level.elements.len() as u64) << h).sum()
    }

    /// Returns how many elements are kept without loss.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Returns whether every element is still there.
    pub fn is_exact(&self) -> bool {
        self.levels.len() == 1
    }

    /// Returns how far, as a share of all elements, the rank of a result may be from `q`; 0 while nothing is lost.
    ///
    /// Halving level h moves a rank by 2ʰ, up or down by the coin, or not at all. With m halvings of it the
    /// distance stays below √(2 ln 200 Σ m 4ʰ) with a probability of 99 % (Hoeffding), for data that were not
    /// chosen to meet the coins and parts that are not copies of each other, and below Σ m 2ʰ always: the smaller of the two, divided by n.
    pub fn rank_error(&self) -> f64 {
        const TWICE_LN_200: f64 = 10.596_634_733_096_073;
        let mut worst = 0.0;
        let mut squares = 0.0;
        let mut weight = 1.0;
        for level in &self.levels {
            let halved = level.halved as f64;
            worst += halved * weight;
            squares += halved * weight * weight;
            weight *= 2.0;
        }
        let likely = (TWICE_LN_200 * squares).sqrt();
        if worst == 0.0 { 0.0 } else { f64::min(f64::min(likely, worst) / self.numbers().max(1) as f64, 1.0) }
    }

    /// Returns the quantiles (float64): by `method` while every element is there, then the kept element
    /// at that rank (`inverted_cdf`). The ends, q = 0 and 1, are always exact.
    ///
    /// Shapes: `[]`, or `[len(q)]` of a list. NaN, if one came.
    /// Errors: [`ErrorKind::Empty`]; [`ErrorKind::BadParameter`] for q outside of 0..=1.
    pub fn result(&self, q: &options::Quantiles, method: Method) -> Result<Output> {
        if self.is_exact() && self.nan == 0 {
            let mut options = Options::default().method(method);
            options.q = q.clone();
            return reduce(Reduction::Quantile, &self.levels[0].elements, &options);
        }
        if self.count() == 0 {
            return Err(ErrorKind::Empty { op: "quantile" }.into());
        }
        let (list, shape) = match q {
            options::Quantiles::Middle => (&[0.5][..], Vec::new()),
            options::Quantiles::One(q) => (core::slice::from_ref(q), Vec::new()),
            options::Quantiles::Many(list) => (list.as_slice(), vec![list.len()]),
        };
        if let Some(wrong) = list.iter().find(|&&q| !(0.0..=1.0).contains(&q)) {
            return Err(Error::bad_parameter("q", "numbers in 0..=1", wrong));
        }
        let ends = self.ends.filter(|_| self.nan == 0);
        let sorted = self.sorted();
        let number = |&q: &f64| match ends {
            None => f64::NAN,
            Some((low, _)) if q == 0.0 => low,
            Some((_, high)) if q == 1.0 => high,
            Some((_, high)) => {
                let n = self.numbers() as f64;
                let place = sorted.partition_point(|&(_, upto)| (upto as f64 / n) < q);
                sorted.get(place).map_or(high, |&(x, _)| x)
            }
        };
        let results: Vec<Number> = list.iter().map(|q| Number::F(number(q))).collect();
        Ok(output(&results, Dtype::F64, shape))
    }

    /// The kept elements in order, each with how many elements it and those before it stand for.
    fn sorted(&self) -> Vec<(f64, u64)> {
        let weighted = |(h, level): (usize, &Level)| {
            level.elements.iter().map(move |&x| (x, 1_u64 << h)).collect::<Vec<_>>()
        };
        let mut list: Vec<(f64, u64)> = self.levels.iter().enumerate().flat_map(weighted).collect();
        sort_by_two(&mut list, |(x, n)| (key_f64(*x), *n));
        let mut upto = 0;
        for (_, weight) in &mut list {
            upto += *weight;
            *weight = upto;
        }
        list
    }

    /// Returns the state as bytes that [`from_bytes`](Self::from_bytes) reads on any machine.
    ///
    /// Equal states give equal bytes: elements are written in order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = begun(NAME);
        let (low, high) = self.ends.unwrap_or_default();
        for number in [self.limit as u64, self.nan, low.to_bits(), high.to_bits(), self.levels.len() as u64] {
            bytes.extend(number.to_le_bytes());
        }
        for level in &self.levels {
            let mut elements = level.elements.clone();
            sort_f64(&mut elements);
            bytes.extend(level.halved.to_le_bytes());
            bytes.extend((elements.len() as u64).to_le_bytes());
            elements.iter().for_each(|x| bytes.extend(x.to_bits().to_le_bytes()));
        }
        sealed(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// Errors: [`ErrorKind::Corrupt`]; [`ErrorKind::UnsupportedVersion`] of bytes that a newer release wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut bytes = FieldReader::new(opened(bytes, NAME, "Quantiles")?);
        let limit = usize::try_from(bytes.u64()?).map_err(|_| corrupt("a limit that no state has"))?;
        let mut state = Self::new(limit).map_err(|_| corrupt("a limit that no state has"))?;
        state.nan = bytes.u64()?;
        let ends = (bytes.f64()?, bytes.f64()?);
        let levels = bytes.len(16)?;
        if !(1..=MOST_LEVELS).contains(&levels) {
            return Err(corrupt("a number of levels that no state has"));
        }
        state.levels.clear();
        let mut count = state.nan;
        for h in 0..levels {
            let halved = bytes.u64()?;
            let len = bytes.len(8)?;
            let elements = (0..len).map(|_| bytes.f64()).collect::<Result<Vec<f64>>>()?;
            if elements.iter().any(|x| x.is_nan()) || !elements.is_sorted_by(|a, b| a.total_cmp(b).is_le()) {
                return Err(corrupt("elements that are not in order"));
            }
            // No level can have been halved more often than elements can be counted.
            let sum = (len as u64).checked_mul(1 << h).and_then(|weight| count.checked_add(weight));
            count = sum.ok_or_else(|| corrupt("more elements than can be counted"))?;
            if halved > u64::MAX >> 8 || (levels == 1 && halved > 0) {
                return Err(corrupt("a level that was halved too often"));
            }
            state.levels.push(Level { elements, halved });
        }
        bytes.end()?;
        let kept = || state.levels.iter().flat_map(|level| &level.elements);
        let within = kept().all(|x| ends.0.total_cmp(x).is_le() && x.total_cmp(&ends.1).is_le());
        if !within || ends.0.is_nan() || ends.1.is_nan() || kept().count() > state.limit {
            return Err(corrupt("elements that no state has"));
        }
        state.ends = kept().next().is_some().then_some(ends);
        Ok(state)
    }
}

/// Makes room for so many elements more.
fn reserve(elements: &mut Vec<f64>, more: usize) -> Result<()> {
    elements.try_reserve(more).map_err(|_| out_of_memory::<f64>(more))
}

fn least(a: f64, b: f64) -> f64 {
    if b.total_cmp(&a).is_lt() { b } else { a }
}

fn greatest(a: f64, b: f64) -> f64 {
    if b.total_cmp(&a).is_gt() { b } else { a }
}

/// Returns 0 or 1: a bit of SplitMix64 of the level, of how often it was halved and of the elements in order,
/// so that parts which halve different elements toss different coins.
fn coin(level: u64, halved: u64, sorted: &[f64]) -> usize {
    let mix = |hash: u64, x: &f64| (hash ^ x.to_bits()).rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut z = sorted.iter().fold(halved.wrapping_mul(64).wrapping_add(level), mix);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) & 1) as usize
}

/// The first bytes of a stored state.
const NAME: &[u8] = b"nearfold.quantiles";
