//! How files are read and written: arrays in pieces, an index at once or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use nearfold::Index;
use nearfold::fold::Array;
use nearfold::ingest::NpyReader;

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

/// Reads a `.npy` file.
pub(crate) fn read_array(path: &Path) -> Result<Array, Failure> {
    let mut file = File::open(path).map_err(io_at(path))?;
    let len_bytes = file.metadata().map_err(io_at(path))?.len();
    let mut reader = NpyReader::new(len_bytes);
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

/// Writes a file so that at every moment the path holds either what it held before or all of
/// `bytes`: into a neighbour, to the disk, and then renamed.
pub(crate) fn write_at_once(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    // A link stays a link: what it points to is replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let neighbor = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = File::create(&neighbor).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&neighbor, path)) {
        let _ = fs::remove_file(&neighbor);
        return Err(io_at(path)(error));
    }
    // The new name must be on the disk, too. Not every system lets one open a folder.
    if let Ok(folder) = File::open(&folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}
