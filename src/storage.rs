//! How do bytes reach a file so that a crash at any moment leaves the old file or the new one, and how do they come back?

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Returns the bytes of a file that says in its first `head_len` bytes how long it is: a pipe, or a device without end, is
/// read no further than one byte behind that, and where `len_of` does not know the beginning, no further than that.
///
/// # Errors
///
/// What the system says.
pub fn read(path: &Path, head_len: usize, len_of: impl Fn(&[u8]) -> Option<u64>) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    // A file is read at once; what it holds behind its end is the reader's to refuse.
    if file.metadata()?.is_file() {
        file.read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    (&file).take(head_len as u64).read_to_end(&mut bytes)?;
    if let Some(len) = len_of(&bytes) {
        let rest = len.saturating_add(1).saturating_sub(bytes.len() as u64);
        file.take(rest).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Writes `bytes` to `path` so that at every moment it holds either what it held before or all of `bytes`.
///
/// A neighbour is written, flushed to the disk, given the old file's permissions and renamed over it. A link stays a
/// link: what it points to is replaced. A device or a pipe is written to as it is.
///
/// # Errors
///
/// What the system says; the path then holds what it held before (a device may have taken a part).
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if !is_replaced(path)? {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let path = followed(path);
    let (mut file, neighbor) = create_beside(&path)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        // Who may read the old file may read the new one, and nobody else.
        .and_then(|()| {
            fs::metadata(&path).map_or(Ok(()), |old| fs::set_permissions(&neighbor, old.permissions()))
        })
        .and_then(|()| fs::rename(&neighbor, &path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&neighbor);
    }
    written?;
    // The new name must be on the disk, too. Not every system lets one open a folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Fails where [`write`] would, as far as one can know before: to be asked ahead of long work.
///
/// # Errors
///
/// What the system says.
pub fn check_writable(path: &Path) -> io::Result<()> {
    if is_replaced(path)? {
        let (_, neighbor) = create_beside(&followed(path))?;
        fs::remove_file(neighbor)?;
    }
    Ok(())
}

/// A new file comes in the place of a file or of nothing. `/dev/null` stays what it is.
fn is_replaced(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        // The system's own refusal, with its number.
        Ok(about) if about.is_dir() => OpenOptions::new().write(true).open(path).map(|_| false),
        Ok(about) => Ok(about.is_file()),
        Err(_) => Ok(true),
    }
}

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
