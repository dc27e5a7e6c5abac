//! Files of the repository. Walks the file system instead of asking git, since an archive of the sources has no
//! repository.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Ignored by git, or installed by other tools.
const SKIPPED: [&str; 9] =
    [".git", ".tools", "__pycache__", "artifacts", "corpus", "dist", "logs", "node_modules", "target"];

/// Root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files of the repository, each with its path from the root, separated by `/`.
///
/// # Errors
///
/// Fails if a folder cannot be read.
pub fn files() -> io::Result<Vec<(String, PathBuf)>> {
    let root = root();
    let mut found = Vec::new();
    collect(&root, "", &mut found)?;
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if SKIPPED.contains(&&*name) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), found)?;
        } else {
            found.push((path, entry.path()));
        }
    }
    Ok(())
}
