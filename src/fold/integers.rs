//! Reductions of integers and bools in their own width, of lanes that lie together or side by side.

use super::axes::ReducedAxes;
use super::dtype::Dtype;
use super::names::Family;
use super::number::Number;
use super::request::Request;
use crate::kernel::fold::grid::{Grid, Type};
use crate::kernel::fold::integers::{
    ColumnFold, Flag, Largest, Smallest, Sums, Truths, Whole, add_rows, ends, first_in_rows, first_place,
    totals, truths,
};
use crate::kernel::fold::round::Leading;

/// Narrower tables are read several rows at a time.
const NARROW: usize = 256;

/// Rows that are reduced by one call.
const BATCH: usize = 1024;

/// Returns the results of all lanes, where there is a way of its own for them.
pub(super) fn reduce(grid: &Grid<'_>, plan: &ReducedAxes, request: &Request) -> Option<Vec<Number>> {
    if request.initial.is_some() || grid.len() == 0 {
        return None;
    }
    match grid.kind() {
        Type::F64 | Type::F32 | Type::F16 => None,
        Type::I64 => reduce_of::<i64>(grid, plan, request),
        Type::I32 => reduce_of::<i32>(grid, plan, request),
        Type::I16 => reduce_of::<i16>(grid, plan, request),
        Type::I8 => reduce_of::<i8>(grid, plan, request),
        Type::U64 => reduce_of::<u64>(grid, plan, request),
        Type::U32 => reduce_of::<u32>(grid, plan, request),
        Type::U16 => reduce_of::<u16>(grid, plan, request),
        Type::U8 => reduce_of::<u8>(grid, plan, request),
        Type::Bool => reduce_of::<Flag>(grid, plan, request),
    }
}

/// What is found of a lane first.
#[derive(Clone, Copy)]
enum Found {
    Total,
    Ends,
    Place,
    Truths,
}

impl Found {
    fn of(kind: Family) -> Option<Self> {
        Some(match kind {
            Family::Sum | Family::Mean => Self::Total,
            Family::Min | Family::Max | Family::Minmax | Family::Ptp => Self::Ends,
            Family::Argmin | Family::Argmax => Self::Place,
            Family::Any | Family::All | Family::CountNonzero => Self::Truths,
            _ => return None,
        })
    }
}

fn reduce_of<T: Whole>(grid: &Grid<'_>, plan: &ReducedAxes, request: &Request) -> Option<Vec<Number>> {
    let found = Found::of(request.family)?;
    let (grid, kept) = plan.arrange(grid.clone(), request.is_ordered());
    let mut results = Vec::new();
    walk::<T>(&grid, kept, found, request, &mut results).then_some(results)
}

/// Appends the results of lanes; `false`: they lie otherwise.
fn walk<T: Whole>(
    grid: &Grid<'_>,
    kept: usize,
    found: Found,
    request: &Request,
    results: &mut Vec<Number>,
) -> bool {
    if kept == 0 {
        let lane = grid.elements::<T>();
        lane.into_iter().for_each(|lane| rows(lane, lane.len(), found, request, results));
        return lane.is_some();
    }
    let [lanes, places] = grid.axes() else {
        return kept > 1 && grid.outer().all(|sub| walk::<T>(&sub, kept - 1, found, request, results));
    };
    // Those of 64 bits are eight at a time where rows are short or columns few.
    let few = if lanes.stride == 1 { lanes.len } else { places.len };
    if T::WRAPS && !matches!(found, Found::Total) && few <= NARROW {
        return false;
    }
    if places.stride == 1 || places.len == 1 {
        match grid.elements::<T>() {
            Some(table) => rows(table, places.len, found, request, results),
            None => {
                for lane in (0..lanes.len).filter_map(|lane| grid.run(&[lane], 0, places.len).elements()) {
                    rows::<T>(lane, places.len, found, request, results);
                }
            }
        }
        return true;
    }
    lanes.stride == 1 && ColumnTable::<T>::new(grid).reduce(found, request, results)
}

/// Returns an exact total, or that over `n`, in the type of the result.
fn total(total: i128, n: usize, request: &Request) -> Number {
    if request.out.is_integer() {
        return Number::U(total as u64);
    }
    let exact = Leading::new(total < 0, total.unsigned_abs(), 0, false);
    let exact = if request.family == Family::Mean { exact.divided_by(n as u64) } else { exact };
    Number::F(match request.out {
        Dtype::F32 => f64::from(exact.to_f32()),
        Dtype::F16 => exact.to_f16().to_f64(),
        _ => exact.to_f64(),
    })
}

fn element<T: Whole>(x: T) -> Number {
    let key = x.to_key();
    if T::SIGNED { Number::I((key ^ 1 << 63) as i64) } else { Number::U(key) }
}

/// Appends what the smallest and the largest element come to.
fn extremes<T: Whole>(smallest: T, largest: T, request: &Request, results: &mut Vec<Number>) {
    let (low, high) = (element(smallest), element(largest));
    results.push(match request.family {
        Family::Max => high,
        Family::Ptp => Number::U(high.to_bits().wrapping_sub(low.to_bits())),
        _ => low,
    });
    if request.family == Family::Minmax {
        results.push(high);
    }
}

fn truth(count: u64, n: usize, request: &Request) -> Number {
    Number::I(match request.family {
        Family::Any => i64::from(count > 0),
        Family::All => i64::from(count == n as u64),
        _ => count as i64,
    })
}

/// Appends the results of rows, one behind the other.
fn rows<T: Whole>(table: &[T], len: usize, found: Found, request: &Request, results: &mut Vec<Number>) {
    let (mut sums, mut low, mut high, mut counts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for rows in table.chunks(len * BATCH) {
        match found {
            Found::Total => {
                totals(rows, len, request.out.is_integer(), &mut sums);
                results.extend(sums.drain(..).map(|sum| total(sum, len, request)));
            }
            Found::Ends => {
                if request.family != Family::Max {
                    ends::<T, true>(rows, len, &mut low);
                }
                if request.family != Family::Min {
                    ends::<T, false>(rows, len, &mut high);
                }
                for row in 0..rows.len() / len {
                    let [low, high] = [&low, &high].map(|ends| ends.get(row).copied().unwrap_or_default());
                    extremes(low, high, request, results);
                }
                low.clear();
                high.clear();
            }
            Found::Place => {
                let smallest = request.family == Family::Argmin;
                results.extend(rows.chunks(len).map(|row| Number::I(first_place(row, smallest) as i64)));
            }
            Found::Truths => {
                truths(rows, len, &mut counts);
                results.extend(counts.drain(..).map(|count| truth(count, len, request)));
            }
        }
    }
}

/// Lanes that are the columns of a table.
struct ColumnTable<'a, T> {
    grid: Grid<'a>,
    /// All rows, where they lie together.
    table: Option<&'a [T]>,
    width: usize,
    len: usize,
    /// How many rows are read as one.
    joined: usize,
}

impl<'a, T: Whole> ColumnTable<'a, T> {
    /// The axes are lanes, neighbours in memory, and places.
    fn new(grid: &Grid<'a>) -> Self {
        let (width, len) = (grid.axes()[0].len, grid.axes()[1].len);
        let grid = grid.clone().permuted(&[1, 0]);
        let table = grid.elements();
        let joined = if table.is_some() { NARROW.div_ceil(width).min(len) } else { 1 };
        Self { grid, table, width, len, joined }
    }

    /// Returns each row that is read as one, or all of them where they lie together.
    fn rows(&self, most: usize) -> impl Iterator<Item = &'a [T]> {
        let table = self.table.unwrap_or(&[]).chunks((self.width * self.joined).saturating_mul(most));
        let apart = if self.table.is_some() { 0 } else { self.len };
        table.chain((0..apart).filter_map(|place| self.grid.run(&[place], 0, self.width).elements()))
    }

    /// Adds all rows to accumulators that begin as `start`; gives them to `put` when they may be full, with the column of each.
    fn fold<C: ColumnFold<T>>(&self, start: C::Acc, most: usize, mut put: impl FnMut(usize, C::Acc)) {
        let mut accs = vec![start; self.width * self.joined];
        let mut put_all = |accs: &mut [C::Acc]| {
            for (i, acc) in accs.iter_mut().enumerate() {
                put(i % self.width, core::mem::replace(acc, start));
            }
        };
        let mut room = most;
        for rows in self.rows(most) {
            add_rows::<T, C>(rows, &mut accs);
            room -= rows.len().div_ceil(accs.len());
            if room == 0 {
                put_all(&mut accs);
                room = most;
            }
        }
        put_all(&mut accs);
    }

    fn reduce(&self, found: Found, request: &Request, results: &mut Vec<Number>) -> bool {
        match found {
            Found::Total => {
                if T::WRAPS && !request.out.is_integer() {
                    return false;
                }
                let mut sums = vec![0i128; self.width];
                self.fold::<Sums>(T::Sum::default(), T::TERMS, |column, sum| sums[column] += T::wide(sum));
                results.extend(sums.into_iter().map(|sum| total(sum, self.len, request)));
            }
            Found::Ends => {
                let (mut low, mut high) = (vec![T::HIGHEST; self.width], vec![T::LOWEST; self.width]);
                if request.family != Family::Max {
                    let put = |column: usize, x| low[column] = Smallest::add(low[column], x);
                    self.fold::<Smallest>(T::HIGHEST, usize::MAX, put);
                }
                if request.family != Family::Min {
                    let put = |column: usize, x| high[column] = Largest::add(high[column], x);
                    self.fold::<Largest>(T::LOWEST, usize::MAX, put);
                }
                for (low, high) in low.into_iter().zip(high) {
                    extremes(low, high, request, results);
                }
            }
            Found::Place if u32::try_from(self.len).is_err() => return false,
            Found::Place => self.places(request.family == Family::Argmin, results),
            Found::Truths => {
                let mut counts = vec![0u64; self.width];
                self.fold::<Truths>(0, 255, |column, count| counts[column] += u64::from(count));
                results.extend(counts.into_iter().map(|count| truth(count, self.len, request)));
            }
        }
        true
    }

    fn places(&self, smallest: bool, results: &mut Vec<Number>) {
        let wide = self.width * self.joined;
        let mut best = vec![if smallest { T::HIGHEST } else { T::LOWEST }; wide];
        let mut places = vec![0u32; wide];
        let mut first = 0;
        for rows in self.rows(usize::MAX) {
            if first == 0 {
                // The worst there is may be the best there is.
                best.copy_from_slice(&rows[..wide]);
            }
            if smallest {
                first_in_rows::<T, true>(rows, first, &mut best, &mut places);
            } else {
                first_in_rows::<T, false>(rows, first, &mut best, &mut places);
            }
            first += rows.len().div_ceil(wide) as u32;
        }
        results.extend((0..self.width).map(|column| {
            let (mut found, mut at) = (best[column], places[column] as usize * self.joined);
            for part in 1..self.joined {
                let i = part * self.width + column;
                let (x, place) = (best[i], places[i] as usize * self.joined + part);
                let better = if smallest { x.is_below(found) } else { found.is_below(x) };
                let equal = !better && !(if smallest { found.is_below(x) } else { x.is_below(found) });
                if better || (equal && place < at) {
                    (found, at) = (x, place);
                }
            }
            Number::I(at as i64)
        }));
    }
}
