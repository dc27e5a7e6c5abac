//! Signals to stop the process.

use std::future::pending;

/// Completes when the terminal or the client that started the process has disconnected from it.
pub(crate) async fn hung_up() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        if let Ok(mut hangup) = signal(SignalKind::hangup())
            && hangup.recv().await.is_some()
        {
            return;
        }
    }
    pending::<()>().await;
}

/// Completes when the process receives a signal to stop.
pub(crate) async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            _ => pending().await,
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        pending().await
    }
}
