//! `dingtalk-notify serve`

use std::{env, fs, net::SocketAddr};

use clap::Args;
use tokio::net::TcpListener;

use super::{Program, Result, arguments::ServeArguments, language::words};
use crate::HttpOptions;

const TOKEN: &str = "DINGTALK_NOTIFY_HTTP_TOKEN";
const TOKEN_FILE: &str = "DINGTALK_NOTIFY_HTTP_TOKEN_FILE";
const HOSTS: &str = "DINGTALK_NOTIFY_HTTP_HOSTS";
const ORIGINS: &str = "DINGTALK_NOTIFY_HTTP_ORIGINS";

/// `{program}` is the program's name.
pub(super) const AFTER_HELP: &str = "\
Examples:
  {program} serve --dry-run
  {program} serve --config robots.toml --http 127.0.0.1:8100

The robot, its secrets and what else can be set stand in environment variables: see `{program} --help`.";

/// Where to serve, if not on stdin and stdout.
#[derive(Args, Default)]
pub(super) struct HttpArguments {
    /// Serve over Streamable HTTP at this address, for example 127.0.0.1:8100; the path is /mcp
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// A name under which clients reach the server, for example mcp.example.com; several times for several
    #[arg(long, value_name = "HOST", requires = "http")]
    allow_host: Vec<String>,
    /// Pages of this origin may call it, for example `https://example.com:443`
    #[arg(long, value_name = "ORIGIN", requires = "http")]
    allow_origin: Vec<String>,
    /// Keep no sessions, for several servers behind a load balancer
    #[arg(long, requires = "http")]
    stateless: bool,
}

pub(super) async fn run(program: &Program, arguments: ServeArguments) -> Result<()> {
    let ServeArguments { dry_run, choice, http } = arguments;
    let mut settings = choice.settings()?;
    settings.dry_run |= dry_run;
    let server = program.equip(settings.server()?).build()?;
    match http.http {
        None => server.serve_stdio().await?,
        Some(address) => {
            let options = http.options()?;
            let listener = TcpListener::bind(address).await.map_err(|error| {
                words(format!("cannot listen on {address}: {error}"), format!("无法监听 {address}：{error}"))
            })?;
            // Whoever asked for port 0 learns the port here.
            if let Ok(address) = listener.local_addr() {
                let serving = words("serving MCP at", "MCP 服务地址：");
                program.tell(format_args!("{serving} http://{address}/mcp"));
            }
            server.serve_http(listener, options).await?;
        }
    }
    Ok(())
}

impl HttpArguments {
    fn options(self) -> Result<HttpOptions> {
        let mut options = HttpOptions::new().stateless(self.stateless);
        if let Some(token) = token()? {
            options = options.bearer_token(token);
        }
        for host in self.allow_host.into_iter().chain(listed(HOSTS)) {
            options = options.allow_host(host);
        }
        for origin in self.allow_origin.into_iter().chain(listed(ORIGINS)) {
            options = options.allow_origin(origin);
        }
        Ok(options)
    }
}

/// The bearer token, from the environment or from a file as containers mount secrets.
fn token() -> Result<Option<String>> {
    let given =
        |name| env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    match (given(TOKEN), given(TOKEN_FILE)) {
        (Some(_), Some(_)) => Err(format!("{TOKEN} and {TOKEN_FILE} are both set: keep one").into()),
        (token, None) => Ok(token),
        (None, Some(path)) => {
            let token = fs::read_to_string(&path).map_err(|error| format!("{TOKEN_FILE}: {error}"))?;
            Ok(Some(token.trim().to_owned()))
        }
    }
}

/// The elements of a variable that holds a list.
fn listed(name: &str) -> Vec<String> {
    let value = env::var(name).unwrap_or_default();
    value.split(',').map(str::trim).filter(|element| !element.is_empty()).map(str::to_owned).collect()
}
