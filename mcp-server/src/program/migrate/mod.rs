//! `dingtalk-notify migrate`: the configuration of prometheus-webhook-dingtalk as one of this program.

mod files;
mod former;
mod go_template;
mod meaning;
mod plan;
mod report;
mod skeleton;
mod yaml;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use dingtalk_config::{Error, Fault, FaultKind, Wording};
use rand::RngExt as _;
use secrecy::SecretString;

use self::{files::Files, former::Former, meaning::Templates};
use super::{Program, Result, listen::ListenAddress, words::words};

/// Maximum size of a file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Args)]
pub(super) struct MigrateArguments {
    /// Configuration of prometheus-webhook-dingtalk, usually config.yml
    #[arg(value_name = "FILE")]
    former: PathBuf,
    /// Configuration file to write; an existing file is not changed
    #[arg(long, value_name = "FILE", default_value = "robots.toml")]
    out: PathBuf,
    /// Folder for the secrets, one file for each; by default `secrets` beside the configuration file
    #[arg(long, value_name = "DIR")]
    secrets: Option<PathBuf>,
    /// Address of the relay. On a loopback address, Alertmanager needs no token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8060")]
    http: ListenAddress,
    /// Print the configuration file instead of writing it
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(program: &Program, arguments: &MigrateArguments) -> Result<()> {
    let MigrateArguments { former: file, out, secrets, http, dry_run } = arguments;
    let former = read(file).and_then(|text| Former::parse(&text)).map_err(|error| in_file(error, file))?;
    let is_open = http.resolve().await?.ip().is_loopback();
    let out = absolute(out)?;
    let secrets = match secrets {
        Some(secrets) => absolute(secrets)?,
        None => out.parent().unwrap_or(Path::new(".")).join("secrets"),
    };
    let templates = templates(&former, file)?;
    let token = SecretString::from(format!("{:032x}", rand::rng().random::<u128>()));
    let plan =
        plan::plan(&former, &templates, &secrets, token, is_open).map_err(|error| in_file(error, file))?;
    // The program must be able to read it.
    dingtalk_config::Config::parse(&plan.toml)?;
    if !dry_run {
        Files { config: &out, folder: &secrets }.write(&plan)?;
    }
    report::tell(program, &plan, &report::Written { config: &out, secrets: &secrets, http, is_dry: *dry_run })
}

fn in_file(error: Error, file: &Path) -> Error {
    let faults = error.into_faults().into_iter().map(|mut fault| {
        fault.file.get_or_insert_with(|| file.to_owned());
        fault
    });
    Error::check((), faults.collect()).err().unwrap_or_else(|| Fault::new(FaultKind::Invalid, "", "").into())
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn read(path: &Path) -> std::result::Result<String, Error> {
    let problem = |english: String, chinese: String| {
        Error::from(Fault::new(FaultKind::Unreadable, "", Wording::new(english, chinese)))
    };
    let size = fs::metadata(path).map(|metadata| metadata.len()).unwrap_or_default();
    if size > MAX_BYTES {
        return Err(problem("larger than 1 MiB".to_owned(), "大于 1 MiB".to_owned()));
    }
    fs::read_to_string(path)
        .map_err(|error| problem(format!("cannot be read: {error}"), format!("无法读取：{error}")))
}

/// Reads the files of templates. Their patterns begin at the folder of the configuration, or at this one.
fn templates(former: &Former, file: &Path) -> Result<Templates> {
    let mut defined = BTreeMap::new();
    for pattern in &former.templates {
        let beside = file.parent().unwrap_or(Path::new("")).join(pattern);
        let mut paths = Vec::new();
        for pattern in [beside.as_path(), Path::new(pattern)] {
            let found = glob::glob(&pattern.to_string_lossy())
                .map_err(|error| format!("templates: {}: {error}", pattern.display()))?;
            paths = found.filter_map(std::result::Result::ok).collect();
            if !paths.is_empty() {
                break;
            }
        }
        if paths.is_empty() {
            return Err(words(
                format!(
                    "{}: templates: no file matches `{pattern}`: copy the template files to this machine, and change the \
                     pattern to where they are",
                    file.display()
                ),
                format!("{}：templates：没有匹配 `{pattern}` 的文件：请把模板文件复制到本机，并修改这一项", file.display()),
            )
            .into());
        }
        for path in paths {
            let text = read(&path).map_err(|error| in_file(error, &path))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            go_template::define(&name, &text, &mut defined);
        }
    }
    Ok(Templates { defined, has_built_in: !former.has_no_builtin_template })
}
