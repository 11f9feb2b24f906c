//! How files are read and written: arrays in pieces, an index at once or not at all.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::iter;
use std::path::Path;

use nearfold::fold::Array;
use nearfold::ingest::{NpyReader, ids_from_array, mask_from_array, read_npy};
use nearfold::near::IdList;
use nearfold::{ErrorKind, Index, storage};

use crate::Failure;

/// How much of an array's file is in memory beside the array.
const PIECE_LEN_BYTES: usize = 1 << 20;

/// What is looked at before the rest of a pipe is read: less than the header of an array has.
const HEAD_LEN_BYTES: u64 = 6;

fn io_at(path: &Path) -> impl Fn(io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::Io(path.clone(), error)
}

fn refused_at(path: &Path) -> impl Fn(nearfold::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::File(path.clone(), error)
}

/// Reads ids: the integers of a `.npy` file, or the lines of a `.txt` file, which are strings.
pub(crate) fn read_ids(path: &Path) -> Result<IdList, Failure> {
    match is_text(path) {
        true => read_strings(path),
        false => Ok(IdList::Ints(ids_from_array(&read_array(path)?)?)),
    }
}

/// Which ids a file names.
pub(crate) enum Among {
    Ids(IdList),
    Mask(Vec<bool>),
}

/// Reads ids as [`read_ids`] does, or a `.npy` file of a boolean for each id from 0 on.
pub(crate) fn read_among(path: &Path) -> Result<Among, Failure> {
    if is_text(path) {
        return read_strings(path).map(Among::Ids);
    }
    let array = read_array(path)?;
    match mask_from_array(&array)? {
        Some(mask) => Ok(Among::Mask(mask)),
        None => Ok(Among::Ids(IdList::Ints(ids_from_array(&array)?))),
    }
}

fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("txt"))
}

/// Reads a string a line.
fn read_strings(path: &Path) -> Result<IdList, Failure> {
    let mut strings = Vec::new();
    for line in read_lines(path)? {
        let mut line = line?;
        line.pop_if(|end| *end == b'\r');
        let text = String::from_utf8(line).map_err(|_| {
            let (expected, got) =
                ("lines of UTF-8".into(), format!("other bytes in line {}", strings.len() + 1));
            refused_at(path)(ErrorKind::BadParameter { name: "ids", expected, got }.into())
        })?;
        strings.push(text);
    }
    Ok(IdList::Strings(strings))
}

/// Reads a `.npy` file, or a pipe of one.
pub(crate) fn read_array(path: &Path) -> Result<Array, Failure> {
    let mut file = File::open(path).map_err(io_at(path))?;
    let about = file.metadata().map_err(io_at(path))?;
    if !about.is_file() {
        // How long a pipe is, is known at its end; how it begins, before: a device may have no end.
        let mut bytes = Vec::new();
        file.by_ref().take(HEAD_LEN_BYTES).read_to_end(&mut bytes).map_err(io_at(path))?;
        NpyReader::new(u64::MAX).push(&bytes).map_err(refused_at(path))?;
        file.read_to_end(&mut bytes).map_err(io_at(path))?;
        return read_npy(&bytes).map_err(refused_at(path));
    }
    let mut reader = NpyReader::new(about.len());
    let mut piece = vec![0; PIECE_LEN_BYTES];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return reader.finish().map_err(refused_at(path)),
            Ok(n) => reader.push(&piece[..n]).map_err(refused_at(path))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io_at(path)(error)),
        }
    }
}

/// The most bytes of a line: a device may have no end.
pub(crate) const LINE_LEN_BYTES_MAX: usize = 1 << 26;

/// Reads a file line by line, without the lines' ends. One byte more than the most stands for what is longer.
pub(crate) fn read_lines(path: &Path) -> Result<impl Iterator<Item = Result<Vec<u8>, Failure>>, Failure> {
    let mut file = BufReader::new(File::open(path).map_err(io_at(path))?);
    Ok(iter::from_fn(move || {
        let mut line = Vec::new();
        match file.by_ref().take(LINE_LEN_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => {
                line.pop_if(|end| *end == b'\n');
                Some(Ok(line))
            }
            Err(error) => Some(Err(io_at(path)(error))),
        }
    }))
}

/// Reads an index file.
pub(crate) fn read_index(path: &Path) -> Result<Index, Failure> {
    let bytes = storage::read(path, Index::HEAD_LEN, Index::file_len).map_err(io_at(path))?;
    Index::from_bytes(&bytes).map_err(refused_at(path))
}

/// Fails where `path` could not be written after long work, or is one of `inputs`.
pub(crate) fn check_output(path: &Path, inputs: &[&Path]) -> Result<(), Failure> {
    if let Ok(real) = fs::canonicalize(path)
        && inputs.iter().any(|input| fs::canonicalize(input).is_ok_and(|input| input == real))
    {
        let expected = "a file that is not read".to_owned();
        let got = path.display().to_string();
        return Err(ErrorKind::BadParameter { name: "output", expected, got }.into());
    }
    storage::check_writable(path).map_err(io_at(path))
}

/// Writes a file at once or not at all.
pub(crate) fn write_at_once(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    storage::write(path, bytes).map_err(io_at(path))
}
