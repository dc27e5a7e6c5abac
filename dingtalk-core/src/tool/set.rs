//! Tools that are served together.

use std::{borrow::Cow, fmt};

use dingtalk_template::suggest;

use super::{check, spec::ToolSpec, tool_type::ToolType};

/// Tools of one server, in a fixed order.
#[derive(Debug, Clone)]
pub struct ToolSet {
    tools: Vec<ToolType>,
    /// Beginning of every served name.
    prefix: String,
}

impl ToolSet {
    /// Maximum length of a tool's name with its prefix, in characters (the limit of OpenAI; the protocol allows twice
    /// as many).
    pub const MAX_NAME: usize = 64;

    /// Creates a set; usually written `tools![CpuAlert, DiskAlert]`.
    ///
    /// # Errors
    ///
    /// Lists every reason that prevents the tools from being served together: tools that an agent cannot tell apart, an
    /// `instead` that is not in the set, a missing `when` among siblings, and parameters of foreign types whose schema
    /// some clients refuse.
    pub fn new(tools: impl IntoIterator<Item = ToolType>) -> Result<Self, ToolSetError> {
        let tools: Vec<ToolType> = tools.into_iter().collect();
        let specs: Vec<ToolSpec<'_>> = tools.iter().map(ToolType::spec).collect();
        let mut problems: Vec<String> = check::problems(&specs).iter().map(ToString::to_string).collect();
        let mut unlimited = Vec::new();
        for spec in specs {
            let faults = spec.faults_of_types();
            problems.extend(faults.refused.iter().map(|(parameter, found)| {
                format!(
                    "the parameter `{parameter}` of `{}` has {found} in its schema, which some clients refuse: use a \
                     type whose schema is a plain string, number or flag",
                    spec.name
                )
            }));
            unlimited.extend(faults.unlimited.iter().map(|path| {
                format!(
                    "`{path}` of `{}` has no upper limit: use a type with rules of its own, such as a `Fragment` with `tool`, \
                     give its schema a `maxLength` or `maxItems`, or mark the field `unbounded`",
                    spec.name
                )
            }));
        }
        problems.append(&mut unlimited);
        if problems.is_empty() {
            Ok(Self { tools, prefix: String::new() })
        } else {
            Err(ToolSetError(problems))
        }
    }

    /// Returns the set with only these tools, in the order of the set. References to other tools are removed from the
    /// definitions.
    ///
    /// # Errors
    ///
    /// Lists the names that are not in the set, each with the name that was probably meant. Fails if no name is given.
    ///
    /// ```
    /// # use dingtalk_core::{Notification, tool::ToolSet, tools};
    /// # /// Warn that a host is down.
    /// # #[derive(Notification)]
    /// # #[dingtalk(text("A host is down"), tool(when = "a host does not answer"))]
    /// # struct HostDown;
    /// # /// Warn that a disk has no space left.
    /// # #[derive(Notification)]
    /// # #[dingtalk(text("A disk is full"), tool(when = "a disk is full"))]
    /// # struct DiskFull;
    /// let set = ToolSet::new(tools![HostDown, DiskFull])?;
    /// assert_eq!(set.clone().select(["send_disk_full"])?.iter().count(), 1);
    /// let error = set.select(["send_disc_full"]).unwrap_err();
    /// assert_eq!(error.to_string(), "unknown tool `send_disc_full`; did you mean `send_disk_full`?");
    /// # Ok::<(), dingtalk_core::tool::ToolSetError>(())
    /// ```
    pub fn select<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Result<Self, ToolSetError> {
        let names: Vec<&str> = names.into_iter().collect();
        let known = || self.specs().map(|spec| spec.name);
        let unknown = names.iter().filter(|name| !known().any(|known| known == **name)).map(|name| {
            let hint = match suggest(name, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the tools are {}", known().collect::<Vec<_>>().join(", ")),
            };
            format!("unknown tool `{}`; {hint}", name.escape_debug())
        });
        let mut problems: Vec<String> = unknown.collect();
        if names.is_empty() {
            problems.push(format!(
                "at least one tool is required; the tools are {}",
                known().collect::<Vec<_>>().join(", ")
            ));
        }
        if !problems.is_empty() {
            return Err(ToolSetError(problems));
        }
        self.tools.retain(|tool| names.contains(&tool.spec().name));
        Ok(self)
    }

    /// Returns the set with names that begin with `prefix`, for clients that show the tools of several servers as one
    /// list. An `_` follows a prefix that does not end with a separator.
    ///
    /// # Errors
    ///
    /// Fails if the prefix contains characters that a name must not contain, or if a name would have more than 64
    /// characters.
    ///
    /// ```
    /// # use dingtalk_core::{Notification, tool::ToolSet, tools};
    /// # /// Warn that a host is down.
    /// # #[derive(Notification)]
    /// # #[dingtalk(text("A host is down"), tool)]
    /// # struct HostDown;
    /// let set = ToolSet::new(tools![HostDown])?.prefixed("ops")?;
    /// assert_eq!(set.served_name("send_host_down"), "ops_send_host_down");
    /// assert!(set.get("ops_send_host_down").is_some() && set.get("send_host_down").is_none());
    /// # Ok::<(), dingtalk_core::tool::ToolSetError>(())
    /// ```
    pub fn prefixed(mut self, prefix: &str) -> Result<Self, ToolSetError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        if !prefix.starts_with(|c: char| c.is_ascii_lowercase()) || !prefix.chars().all(fits) {
            return Err(ToolSetError(vec![format!(
                "invalid prefix {prefix:?}: expected lower case letters, digits, `_` and `-`, beginning with a letter"
            )]));
        }
        let separator = if prefix.ends_with(['_', '-']) { "" } else { "_" };
        self.prefix = format!("{prefix}{separator}");
        let too_long =
            self.specs().map(|spec| self.served_name(spec.name)).filter(|name| name.len() > Self::MAX_NAME);
        let problems: Vec<String> = too_long
            .map(|name| {
                format!(
                    "`{name}` has {} characters, but clients accept at most {}: shorten the prefix",
                    name.len(),
                    Self::MAX_NAME
                )
            })
            .collect();
        if problems.is_empty() { Ok(self) } else { Err(ToolSetError(problems)) }
    }

    /// Returns the name under which the set serves a tool.
    pub fn served_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if self.prefix.is_empty() { Cow::Borrowed(name) } else { format!("{}{name}", self.prefix).into() }
    }

    /// Returns the tool that is served under this name.
    pub fn get(&self, name: &str) -> Option<&ToolType> {
        let name = name.strip_prefix(&*self.prefix)?;
        self.tools.iter().find(|tool| tool.spec().name == name)
    }

    /// Iterates over the tools in order.
    pub fn iter(&self) -> std::slice::Iter<'_, ToolType> {
        self.tools.iter()
    }

    /// Returns the specifications of the tools, in order.
    fn specs(&self) -> impl Iterator<Item = ToolSpec<'_>> {
        self.tools.iter().map(ToolType::spec)
    }
}

impl<'a> IntoIterator for &'a ToolSet {
    type Item = &'a ToolType;
    type IntoIter = std::slice::Iter<'a, ToolType>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A list of reasons that prevent tools from being served together.
#[derive(Clone, PartialEq, Eq)]
pub struct ToolSetError(Vec<String>);

impl ToolSetError {
    /// Iterates over the reasons. Each is a sentence that names the tools and says what to do.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for ToolSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for ToolSetError {}

crate::debug::debug_as_display!(ToolSetError { 0 });

/// Lists notification types as tools, for [`ToolSet::new`] or a server's builder.
///
/// The tools are checked while the program is compiled: an agent must be able to tell them apart, an `instead` must
/// lead to one of them, and each says `when` to use it once there are two. Where tools of one server are listed in
/// several places, only the server sees all of them; write those that point to a tool of another list with
/// [`ToolType::of`](crate::tool::ToolType::of).
///
/// ```
/// use dingtalk_core::{Notification, tool::ToolSet, tools};
///
/// /// Warn that a host is down.
/// #[derive(Notification)]
/// #[dingtalk(text("{host} is down"), tool(when = "a host does not answer", instead = DiskFull))]
/// struct HostDown {
///     /// Host name as in the inventory, for example `web-3`.
///     #[dingtalk(length(..=64))]
///     host: String,
/// }
///
/// /// Warn that a disk has no space left.
/// #[derive(Notification)]
/// #[dingtalk(text("{host} has no space left"), tool(when = "a disk is full"))]
/// struct DiskFull {
///     /// Host name as in the inventory, for example `web-3`.
///     #[dingtalk(length(..=64))]
///     host: String,
/// }
///
/// let set = ToolSet::new(tools![HostDown, DiskFull])?; // `tools![HostDown]` would not compile
/// assert!(set.get("send_disk_full").is_some());
/// # Ok::<(), dingtalk_core::tool::ToolSetError>(())
/// ```
#[macro_export]
macro_rules! tools {
    ($($tool:ty),* $(,)?) => {{
        // Each type is named once, so that an error about it is reported once.
        static TOOLS: [$crate::tool::ToolType; <[&::core::primitive::str]>::len(&[$(::core::stringify!($tool)),*])] =
            [$($crate::tool::ToolType::of::<$tool>()),*];
        const _: () = $crate::__private_0_1_0::assert_tools(&TOOLS);
        ::core::clone::Clone::clone(&TOOLS)
    }};
}
