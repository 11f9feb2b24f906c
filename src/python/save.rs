//! How do bytes reach a file so that a crash at any moment leaves the old file or the new one?

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `bytes` to `path`: a temporary file beside it, flushed to the disk, renamed over it.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link is followed, as a plain write would.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let (mut file, temporary) = create_beside(&path)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| keep_permissions(&path, &temporary))
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_directory(&path)
}

/// Creates a file in the same folder (a rename works within one), under a name that nothing has.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    for attempt in 0_u64.. {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{attempt}.tmp"));
        let temporary = path.with_file_name(temporary);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (file, temporary)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
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
