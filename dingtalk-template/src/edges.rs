//! Emphasis at the ends of a fragment, which takes effect or not depending on the neighbours.

/// The neighbours of a slot that shows a fragment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edges {
    before: char,
    after: char,
}

impl Edges {
    pub(crate) fn new(before: char, after: char) -> Self {
        Self { before, after }
    }

    /// Reports whether emphasis marks at the beginning of the fragment open for every content.
    pub(crate) fn marks_open(self) -> bool {
        self.before.is_whitespace()
    }

    /// Reports whether emphasis marks at the end of the fragment close for every content.
    pub(crate) fn marks_close(self) -> bool {
        self.after.is_whitespace()
    }

    /// Returns the actual neighbours of a slot in the fragment, from those in the fragment's own template.
    pub(crate) fn neighbours(self, before: char, after: char) -> (char, char) {
        let actual = |neighbour: char, edge: char| match neighbour {
            '\n' => edge,
            // The mark may have been omitted.
            '*' | '_' if !edge.is_whitespace() => '\0',
            inner => inner,
        };
        (actual(before, self.before), actual(after, self.after))
    }
}
