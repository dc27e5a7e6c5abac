//! Reasons for which the database cannot be used, and their words for people.

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use dingtalk_core::{Error, ErrorKind};
use rustls::CertificateError;
use tokio_postgres::error::SqlState;

/// A failure of the database. Unless the connection was lost, nothing was changed.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    words: String,
    kind: Kind,
}

/// Kind of a failure, by what a program does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The server cannot be reached, or ends or begins. A transaction may have been committed.
    Away,
    /// Two transactions were in each other's way: the same one can be run again.
    Conflict,
    Other,
}

impl Trouble {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), kind: Kind::Other }
    }

    pub(crate) fn away(words: impl Into<String>) -> Self {
        Self { words: words.into(), kind: Kind::Away }
    }

    /// Reports whether a transaction may have been committed although it failed.
    pub(crate) fn is_away(&self) -> bool {
        self.kind == Kind::Away
    }

    /// Reports whether the same transaction may succeed at once.
    pub(crate) fn is_conflict(&self) -> bool {
        self.kind == Kind::Conflict
    }

    /// Returns the reason and what to do about it.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// Returns the error for the user of a database, which is named without its password.
    pub(crate) fn error(&self, database: &str) -> Error {
        Error::new(ErrorKind::Store, format!("{database}: {}", self.words))
    }
}

/// Returns the advice on TLS that cannot begin, which time does not heal.
fn advice_on_tls(error: &tokio_postgres::Error) -> Option<&'static str> {
    let cause = std::error::Error::source(error)?;
    if cause.to_string() == "server does not support TLS" {
        return Some(
            "turn on TLS in the server, or set sslmode=disable in the URL for a network that you trust",
        );
    }
    let inner = cause.downcast_ref::<std::io::Error>()?.get_ref()?;
    let rustls::Error::InvalidCertificate(invalid) = inner.downcast_ref::<rustls::Error>()? else {
        return None;
    };
    Some(match invalid {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "use the name of the host for which the certificate of the server was issued"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "renew the certificate of the server"
        }
        // The second one: another authority has the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "name the file of its certificate authority by sslrootcert=FILE in the URL"
        }
        _ => "replace the certificate of the server",
    })
}

/// Never contains a password: the driver's errors name settings, not their values.
impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(answer) = error.as_db_error() else {
            let cause =
                std::error::Error::source(&error).map_or_else(String::new, |cause| format!(" ({cause})"));
            if let Some(advice) = advice_on_tls(&error) {
                return Self::new(format!("PostgreSQL cannot be reached: {error}{cause}; {advice}"));
            }
            return if error.is_closed() || cause.is_empty() {
                Self::away("PostgreSQL has closed the connection")
            } else {
                Self::away(format!("PostgreSQL cannot be reached: {error}{cause}"))
            };
        };
        let code = answer.code();
        let away = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ];
        if away.contains(code) {
            return Self::away(format!("PostgreSQL is not ready: {}", answer.message()));
        }
        let (kind, advice) = match *code {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => (Kind::Conflict, ""),
            SqlState::LOCK_NOT_AVAILABLE => (Kind::Conflict, "; another transaction takes too long"),
            SqlState::QUERY_CANCELED => {
                (Kind::Other, "; the server is overloaded, or a transaction takes too long")
            }
            SqlState::TOO_MANY_CONNECTIONS => {
                (Kind::Away, "; raise max_connections of the server, or use fewer connections")
            }
            SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                (Kind::Other, "; correct the user and the password of the URL")
            }
            SqlState::INVALID_CATALOG_NAME => (Kind::Other, "; create the database"),
            SqlState::INSUFFICIENT_PRIVILEGE => (
                Kind::Other,
                "; grant the right, or let the owner of the database run what `dingtalk-notify state sql` prints",
            ),
            SqlState::DISK_FULL | SqlState::OUT_OF_MEMORY => (Kind::Away, ""),
            _ => (Kind::Other, ""),
        };
        Self { words: format!("PostgreSQL answered: {}{advice}", answer.message()), kind }
    }
}

impl From<PoolError> for Trouble {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => Self::new(
                "all connections of this program are in use; raise their number, or send less at a time",
            ),
            PoolError::Timeout(_) => Self::away("PostgreSQL does not answer"),
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
            error => Self::away(format!("no connection can be made ({error})")),
        }
    }
}

/// A row that this version cannot read or write.
impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error.to_string())
    }
}
