//! Futures of object-safe traits.

use std::{future::Future, pin::Pin};

/// A boxed future, returned by [`Deliver`](crate::Deliver).
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
