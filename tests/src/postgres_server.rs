//! A PostgreSQL server of the test's own, in a temporary directory on a free port. It ends with the process that
//! started it, in whatever way that ends.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Starts the server, prints its directory, and ends it when the input ends.
const SCRIPT: &str = r#"
set -e
bin=$1 port=$2 settings=$3 certificate=$4 key=$5
dir=$(mktemp -d /tmp/dingtalk-postgres.XXXXXX)
cd "$dir"
trap 'exit 1' INT TERM
"$bin/initdb" -D "$dir/data" -A trust -U postgres -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1
cat >>"$dir/data/postgresql.conf" <<END
port = $port
unix_socket_directories = '$dir'
listen_addresses = '127.0.0.1'
max_connections = 300
$settings
END
if [ -n "$key" ]; then
    echo "$certificate" >"$dir/server.crt"
    (umask 077; echo "$key" >"$dir/server.key")
    cat >>"$dir/data/postgresql.conf" <<END
ssl = on
ssl_cert_file = '$dir/server.crt'
ssl_key_file = '$dir/server.key'
END
fi
"$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w start >"$dir/start" 2>&1
echo "$dir"
cat >/dev/null || true
"$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
rm -rf "$dir"
"#;

/// A running server.
#[derive(Debug)]
pub struct PostgresServer {
    binaries: String,
    directory: String,
    port: u16,
    /// Closed when the server is dropped.
    input: Option<ChildStdin>,
    script: Child,
}

static SHARED: OnceLock<Option<PostgresServer>> = OnceLock::new();

static SCHEMAS: AtomicU32 = AtomicU32::new(1);

/// Returns the server of this process, or `None`, with a word, if PostgreSQL is not installed.
///
/// # Panics
///
/// Panics if it is not installed and `CI` is set.
pub fn server() -> Option<&'static PostgresServer> {
    SHARED.get_or_init(|| PostgresServer::start("fsync = off")).as_ref()
}

/// Returns the name of a schema that no other test uses.
pub fn schema() -> String {
    format!("test{}_{}", SCHEMAS.fetch_add(1, Ordering::Relaxed), std::process::id())
}

impl PostgresServer {
    /// Starts a server with these settings.
    ///
    /// # Panics
    ///
    /// Panics if PostgreSQL is installed but does not start, and if it is not installed and `CI` is set.
    pub fn start(settings: &str) -> Option<Self> {
        Self::start_with_tls(settings, "", "")
    }

    /// Starts a server with a certificate and its key, as PEM.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[allow(clippy::print_stderr, reason = "says that a test was skipped")]
    pub fn start_with_tls(settings: &str, certificate: &str, key: &str) -> Option<Self> {
        let Some(binaries) = binaries() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed: run .ci/run");
            eprintln!("skipped: PostgreSQL is not installed (Debian: apt-get install postgresql)");
            return None;
        };
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = port.expect("a free port").port();
        let mut script = user_command("sh")
            .args(["-c", SCRIPT, "sh", &binaries, &port.to_string(), settings, certificate, key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut directory = String::new();
        let output = script.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut directory).expect("the directory");
        let directory = directory.trim().to_owned();
        assert!(!directory.is_empty(), "PostgreSQL does not start");
        let input = script.stdin.take();
        Some(Self { binaries, directory, port, input, script })
    }

    /// Returns the URL of its database.
    pub fn url(&self) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server as a crash would.
    pub fn crash(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    /// Starts the server after a crash.
    pub fn restart(&self) {
        self.control(&["-l", &format!("{}/log", self.directory), "-w", "start"]);
    }

    fn control(&self, arguments: &[&str]) {
        let data = format!("{}/data", self.directory);
        let mut command = user_command(&format!("{}/pg_ctl", self.binaries));
        let status = command.args(["-D", &data]).args(arguments).stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "pg_ctl {arguments:?}");
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.script.wait());
    }
}

/// Returns the folder of the newest release of the server's programs.
fn binaries() -> Option<String> {
    let releases = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let newest = releases
        .filter_map(|release| release.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|release| std::path::Path::new(&format!("/usr/lib/postgresql/{release}/bin/initdb")).exists())
        .max()?;
    Some(format!("/usr/lib/postgresql/{newest}/bin"))
}

/// Returns a command that runs as the user `postgres` if this process is root, whom the server refuses.
fn user_command(program: &str) -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--", program]);
    command
}
