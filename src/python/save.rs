//! How do bytes reach a file so that a crash at any moment leaves the old file or the new one?

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes `bytes` to `path`: a temporary file beside it, flushed to the disk, renamed over it.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link is followed, as a plain write would.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let temporary = temporary_beside(&path)?;
    let written = write_and_sync(&temporary, bytes)
        .and_then(|()| keep_permissions(&path, &temporary))
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_directory(&path)
}

fn temporary_beside(path: &Path) -> io::Result<PathBuf> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}-{count}.tmp", process::id()));
    Ok(path.with_file_name(temporary))
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn keep_permissions(of: &Path, to: &Path) -> io::Result<()> {
    match fs::metadata(of) {
        Ok(old) => fs::set_permissions(to, old.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the rename itself last. Only Unix lets one open a folder for that.
#[cfg(all(unix, not(target_os = "emscripten")))]
fn sync_directory(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(all(unix, not(target_os = "emscripten"))))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}
