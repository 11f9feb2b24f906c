//! How files are read and written: arrays in pieces, an index at once or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use nearfold::fold::Array;
use nearfold::ingest::{NpyReader, read_npy};
use nearfold::{Error, Index};

use crate::Failure;

/// How much of an array's file is in memory beside the array.
const PIECE_LEN_BYTES: usize = 1 << 20;

fn io_at(path: &Path) -> impl Fn(io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::Io(path.clone(), error)
}

fn refused_at(path: &Path) -> impl Fn(nearfold::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::File(path.clone(), error)
}

/// Reads a `.npy` file, or a pipe of one.
pub(crate) fn read_array(path: &Path) -> Result<Array, Failure> {
    let mut file = File::open(path).map_err(io_at(path))?;
    let about = file.metadata().map_err(io_at(path))?;
    if !about.is_file() {
        // How long a pipe is, is known at its end.
        let mut bytes = Vec::new();
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

/// Reads a file of text.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(io_at(path))
}

/// Reads an index file.
pub(crate) fn read_index(path: &Path) -> Result<Index, Failure> {
    let bytes = fs::read(path).map_err(io_at(path))?;
    Index::from_bytes(&bytes).map_err(refused_at(path))
}

/// Fails where `path` could not be written after long work, or is one of `inputs`.
pub(crate) fn check_output(path: &Path, inputs: &[&Path]) -> Result<(), Failure> {
    if let Ok(real) = fs::canonicalize(path)
        && inputs.iter().any(|input| fs::canonicalize(input).is_ok_and(|input| input == real))
    {
        let expected = "a file that is not read".to_owned();
        let got = path.display().to_string();
        return Err(Error::BadParameter { name: "output", expected, got }.into());
    }
    if is_replaced(path).map_err(io_at(path))? {
        let (_, neighbor) = create_beside(&followed(path)).map_err(io_at(path))?;
        fs::remove_file(neighbor).map_err(io_at(path))?;
    }
    Ok(())
}

/// Writes a file so that at every moment the path holds either what it held before or all of
/// `bytes`: into a neighbour, to the disk, and then renamed. A device or a pipe is written to as it is.
pub(crate) fn write_at_once(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if !is_replaced(path).map_err(io_at(path))? {
        let written = OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(bytes));
        return written.map_err(io_at(path));
    }
    let path = &followed(path);
    let (mut file, neighbor) = create_beside(path).map_err(io_at(path))?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        // Who may read the old file may read the new one, and nobody else.
        .and_then(|()| fs::metadata(path).map_or(Ok(()), |old| file.set_permissions(old.permissions())));
    if let Err(error) = written.and_then(|()| fs::rename(&neighbor, path)) {
        let _ = fs::remove_file(&neighbor);
        return Err(io_at(path)(error));
    }
    // The new name must be on the disk, too. Not every system lets one open a folder.
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// A new file comes in the place of a file or of nothing. `/dev/null` stays what it is.
fn is_replaced(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(about) => Ok(about.is_file()),
        Err(_) => Ok(true),
    }
}

/// A link stays a link: what it points to is replaced.
fn followed(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Creates a file in the folder of `path` (a rename works within one), under a short name that nothing has.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    for attempt in 0_u32.. {
        let neighbor = path.with_file_name(format!(".nearfold.{}.{attempt}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&neighbor) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (file, neighbor)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
