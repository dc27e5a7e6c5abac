//! A look at a robot, for programs that wait.

/// State of a robot for a program that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(super) change: i64,
    /// Set if the first waiter is one of this program.
    pub(super) first: bool,
    /// End of the rest.
    pub(super) rest: Option<i64>,
}

impl Look {
    /// Reports whether waiters have to be reviewed, after an earlier look.
    pub(crate) fn differs(self, earlier: Option<Self>) -> bool {
        self.first && earlier != Some(self)
            || self.rest.is_some() && earlier.map(|look| look.rest) != Some(self.rest)
    }
}
