//! A gallery that is kept as a file beside the code, and the macro that makes one.

use std::{env, fs, path::Path};

use crate::{
    Differs, Gallery,
    expect::{difference, visible},
};

/// Variable that makes a test write its files, as `expect-test` and others have it.
const UPDATE: &str = "UPDATE_EXPECT";

/// Creates a [`Gallery`](crate::Gallery) from a title and examples of notifications.
///
/// ```
/// use dingtalk_core::{Message, Notification, message::Invalid};
/// use dingtalk_sandbox::gallery;
///
/// struct Outage {
///     shop: &'static str,
/// }
///
/// impl Notification for Outage {
///     fn message(&self) -> Result<Message, Invalid> {
///         Ok(Message::text(format!("{} is down", self.shop)))
///     }
/// }
///
/// let gallery = gallery!("shop", Outage { shop: "Shoes" }, Message::text("All shops are open"));
/// assert_eq!(gallery.outline().matches("list: shop:").count(), 2);
/// ```
///
/// In a test, it is compared with a file, or written to it if the variable `UPDATE_EXPECT` is `1`:
///
/// ```no_run
/// # use dingtalk_core::Message;
/// # use dingtalk_sandbox::gallery;
/// gallery!("shop", Message::text("All shops are open")).expect_file("tests/golden/notifications.txt");
/// ```
#[macro_export]
macro_rules! gallery {
    ($title:expr $(, $notification:expr)* $(,)?) => {
        $crate::Gallery::new($title)$(.with(&$notification))*
    };
}

impl Gallery {
    /// Compares the gallery with a file: the [page](Self::html) if its name ends in `.html`, else the
    /// [outline](Self::outline). Writes the file instead if the variable `UPDATE_EXPECT` is `1`.
    ///
    /// A relative path begins at the package of the test. The outline changes only if a message does; the page also
    /// changes with the style of this crate.
    ///
    /// # Panics
    ///
    /// Panics if the file differs, with the lines that differ, or cannot be read or written.
    #[track_caller]
    pub fn expect_file(&self, path: impl AsRef<Path>) {
        let (path, update) = (path.as_ref(), env::var_os(UPDATE).is_some_and(|value| value == "1"));
        let done = if update {
            fs::write(path, self.file(path))
                .map_err(|error| format!("cannot write {}: {error}", path.display()))
        } else {
            self.compare_with_file(path).map_err(|differs| differs.to_string())
        };
        if let Err(problem) = done {
            panic!("{problem}");
        }
    }

    /// Compares as [`expect_file`](Self::expect_file), without the panic and without writing.
    ///
    /// # Errors
    ///
    /// Returns the differences, or why the file cannot be read.
    pub fn compare_with_file(&self, path: impl AsRef<Path>) -> Result<(), Differs> {
        let path = path.as_ref();
        let shown = path.display();
        let expected = fs::read_to_string(path).map_err(|error| {
            Differs::new(format!("cannot read {shown}: {error}; {UPDATE}=1 writes the file"))
        })?;
        let lines = |text: &str| text.lines().map(visible).collect::<Vec<_>>();
        let (expected, found) = (lines(&expected), lines(&self.file(path)));
        if expected == found {
            return Ok(());
        }
        let difference = difference(&expected, &found);
        Err(Differs::new(format!(
            "{shown} differs from the gallery (`-` file, `+` gallery); if the change is wanted, {UPDATE}=1 writes the \
             file\n{difference}"
        )))
    }

    fn file(&self, path: &Path) -> String {
        let is_page = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("html"));
        if is_page { self.html() } else { self.outline() }
    }
}
