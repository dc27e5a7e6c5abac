//! A JSON file of another program: changed as a whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
};

use serde::Serialize as _;
use serde_json::{Value, json, ser::PrettyFormatter};

use super::super::{Result, words::words};

/// Changes the file, or creates it. A link is followed and stays, as does the file's mode. Reports whether there was
/// something to change.
///
/// # Errors
///
/// The file cannot be read or written, is not valid JSON, or the change is refused. The file is then as it was.
pub(super) fn change(path: &Path, change: impl FnOnce(&mut Value) -> Result<()>) -> Result<bool> {
    let is_there = fs::symlink_metadata(path).is_ok();
    // A link that leads nowhere is an error.
    let path =
        if is_there { fs::canonicalize(path).map_err(|error| at(path, &error))? } else { path.to_owned() };
    let before = if is_there { Some(fs::read(&path).map_err(|error| at(&path, &error))?) } else { None };
    let mut settings = before.as_deref().map_or_else(|| Ok(json!({})), |text| parse(&path, text))?;
    let was = settings.clone();
    change(&mut settings)?;
    if settings == was {
        return Ok(false);
    }
    let text = written(&settings, before.as_deref().unwrap_or(b"\n"))?;
    replace(&path, before.as_deref(), &text).map_err(|error| at(&path, &error))?;
    Ok(true)
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> Box<dyn std::error::Error> {
    format!("{}: {error}", path.display()).into()
}

fn parse(path: &Path, text: &[u8]) -> Result<Value> {
    let settings: Value = serde_json::from_slice(text).map_err(|error| {
        let problem = words("invalid JSON, nothing is changed", "JSON 无效，没有改动");
        // The error has a position, and no text of the file.
        at(path, &format!("{problem}: {error}"))
    })?;
    // One of them would be lost.
    if keys(&settings) != colons(text) {
        return Err(at(
            path,
            &words("an object has a key twice, nothing is changed", "对象里有重复的键，没有改动"),
        ));
    }
    Ok(settings)
}

/// Returns the number of keys in the value.
fn keys(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.len() + object.values().map(keys).sum::<usize>(),
        Value::Array(items) => items.iter().map(keys).sum(),
        _ => 0,
    }
}

/// Returns the number of keys in the text of valid JSON.
fn colons(text: &[u8]) -> usize {
    let (mut is_string, mut is_escaped, mut count) = (false, false, 0);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_string = !is_string,
            b':' if !is_string => count += 1,
            _ => {}
        }
    }
    count
}

/// Writes the value with the indentation and the last newline of the text before it.
fn written(value: &Value, before: &[u8]) -> Result<Vec<u8>> {
    let lines = before.split(|byte| *byte == b'\n').skip(1);
    let indents = lines.map(|line| &line[..line.iter().take_while(|byte| b" \t".contains(byte)).count()]);
    let indent = indents.into_iter().find(|indent| !indent.is_empty()).unwrap_or(b"  ");
    let mut text = Vec::new();
    let formatter = PrettyFormatter::with_indent(indent);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
    if before.ends_with(b"\n") {
        text.push(b'\n');
    }
    Ok(text)
}

/// Replaces the file in one step, unless it has changed since it was read.
fn replace(path: &Path, before: Option<&[u8]>, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if before.is_none() {
        fs::create_dir_all(folder)?;
    }
    let temporary: PathBuf = folder.join(format!(".dingtalk-notify-{}.tmp", process::id()));
    let done = write(&temporary, path, before, text);
    if done.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    done
}

fn write(temporary: &Path, path: &Path, before: Option<&[u8]>, text: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(temporary)?;
    file.write_all(text)?;
    if before.is_some() {
        file.set_permissions(fs::metadata(path)?.permissions())?;
    }
    file.sync_all()?;
    drop(file);
    let now = match fs::read(path) {
        Ok(now) => Some(now),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if now.as_deref() != before {
        return Err(io::Error::other(words("changed meanwhile; run this again", "文件刚被改动，请重新运行")));
    }
    fs::rename(temporary, path)
}
