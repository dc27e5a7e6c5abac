//! Writing the new files: none replaces an existing one, and only their owner reads the secrets.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use secrecy::ExposeSecret as _;

use super::plan::Plan;
use crate::program::{Result, words::words};

pub(super) struct Files<'f> {
    pub(super) config: &'f Path,
    /// Folder of the secrets.
    pub(super) folder: &'f Path,
}

impl Files<'_> {
    /// Writes all files, or none.
    pub(super) fn write(&self, plan: &Plan) -> Result<()> {
        let secrets: Vec<(PathBuf, &str)> = plan
            .secrets
            .iter()
            .map(|(name, secret)| (self.folder.join(name), secret.expose_secret()))
            .collect();
        let all = secrets.iter().map(|(path, _)| path.as_path()).chain([self.config]);
        let existing: Vec<String> = all
            .filter(|path| fs::symlink_metadata(path).is_ok())
            .map(|path| path.display().to_string())
            .collect();
        if !existing.is_empty() {
            let (names, chinese) = (existing.join(", "), existing.join("、"));
            return Err(words(
                format!("nothing was written, because these files exist: {names}; remove them, or choose others with --out and --secrets"),
                format!("没有写入任何文件，因为以下文件已存在：{chinese}；请删除它们，或用 --out 和 --secrets 指定其他位置"),
            )
            .into());
        }
        self.create_folder()?;
        let mut written: Vec<&Path> = Vec::new();
        for (path, secret) in &secrets {
            create(path, &format!("{secret}\n"), &mut written)?;
        }
        create(self.config, &plan.toml, &mut written)
    }

    fn create_folder(&self) -> Result<()> {
        if let Some(parent) = self.config.parent() {
            fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(self.folder).map_err(|error| format!("{}: {error}", self.folder.display()).into())
    }
}

/// Creates a file that only its owner reads. On failure, removes those that were written before.
fn create<'p>(path: &'p Path, text: &str, written: &mut Vec<&'p Path>) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let result = options.open(path).and_then(|mut file| {
        written.push(path);
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    result.map_err(|error: io::Error| {
        for path in written.iter() {
            let _ = fs::remove_file(path);
        }
        format!("{}: {error}", path.display()).into()
    })
}
