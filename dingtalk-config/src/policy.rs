//! The rules of a robot on messages that many people would notice.

/// Permission to notify everybody in the group, from the least to the most strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum AtAll {
    /// Without asking.
    Allow,
    /// A person is asked first, and without a yes it is not sent.
    #[default]
    Ask,
    /// Never. Only this locks: a client can forge a person's consent.
    Deny,
}

/// Messages that a person confirms before they are sent, from the least to the most strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Confirm {
    /// Those that [`AtAll`] asks for.
    #[default]
    AtAll,
    /// Every message: for groups with customers.
    Always,
}

impl AtAll {
    /// The values as people write them, with the default first.
    pub const VALUES: [(&'static str, Self); 3] =
        [("ask", Self::Ask), ("allow", Self::Allow), ("deny", Self::Deny)];
}

impl Confirm {
    /// The values as people write them, with the default first.
    pub const VALUES: [(&'static str, Self); 2] = [("at_all", Self::AtAll), ("always", Self::Always)];
}

/// The policy of one robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Policy {
    /// Permission to notify everybody in the group.
    pub at_all: AtAll,
    /// Messages that a person confirms first.
    pub confirm: Confirm,
}

/// Policy as one source states it: a file, a variable. `None` where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Stated {
    /// Permission to notify everybody in the group.
    pub at_all: Option<AtAll>,
    /// Messages that a person confirms first.
    pub confirm: Option<Confirm>,
}

impl Stated {
    /// Joins two sources: the strictest wins, whichever comes first.
    ///
    /// ```
    /// use dingtalk_config::{AtAll, Stated};
    ///
    /// let states = |at_all| Stated { at_all: Some(at_all), ..Stated::default() };
    /// let variable = states(AtAll::Deny);
    /// assert_eq!(variable.strictest(states(AtAll::Allow)), variable);
    /// assert_eq!(variable.strictest(Stated::default()).policy().at_all, AtAll::Deny);
    /// ```
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        // `None` is less than every value.
        Self { at_all: self.at_all.max(other.at_all), confirm: self.confirm.max(other.confirm) }
    }

    /// Returns the policy: the default for what no source states.
    pub fn policy(self) -> Policy {
        Policy { at_all: self.at_all.unwrap_or_default(), confirm: self.confirm.unwrap_or_default() }
    }
}
