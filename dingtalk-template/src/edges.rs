//! Emphasis at the ends of a fragment: its neighbours decide whether it takes effect.

/// What stands around the slot that a fragment is written for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edges {
    before: char,
    after: char,
}

impl Edges {
    pub(crate) fn new(before: char, after: char) -> Self {
        Self { before, after }
    }

    /// Do emphasis marks at the fragment's beginning open whatever stands inside of them?
    pub(crate) fn marks_open(self) -> bool {
        self.before.is_whitespace()
    }

    /// The same for marks at its end.
    pub(crate) fn marks_close(self) -> bool {
        self.after.is_whitespace()
    }

    /// The neighbours of one of the fragment's slots, as its template has them.
    pub(crate) fn neighbours(self, before: char, after: char) -> (char, char) {
        let actual = |neighbour: char, edge: char| match neighbour {
            '\n' => edge,
            // The mark may have been left out.
            '*' | '_' if !edge.is_whitespace() => '\0',
            inner => inner,
        };
        (actual(before, self.before), actual(after, self.after))
    }
}
