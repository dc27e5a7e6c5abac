//! Types of fields, as far as the derive sees them: by the last segment of their path.

use dingtalk_template::declaration::Cardinality;
use quote::ToTokens as _;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// True if `dingtalk-core` can show points in time.
pub(crate) const HAS_TIME: bool = cfg!(feature = "jiff");

/// The fix for a feature that is off.
pub(crate) const ADD_FEATURE: &str = "add it to the dependency's `features` in `Cargo.toml`";

/// Returns the cardinality of a field, and the type of one value, from the last segment of its type's path.
pub(crate) fn cardinality(ty: &Type) -> (Cardinality, &Type) {
    let one = (Cardinality::One, ty);
    let Type::Path(path) = ungrouped(ty) else { return one };
    let Some(segment) = path.path.segments.last() else { return one };
    match (segment.ident.to_string().as_str(), type_argument(segment)) {
        ("bool", None) => (Cardinality::Flag, ty),
        ("Option", Some(inner)) => (Cardinality::Optional, inner),
        ("Vec", Some(inner)) => (Cardinality::List, inner),
        _ => one,
    }
}

/// Returns `T` of `Vec<T>`.
pub(crate) fn type_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Removes the invisible group around a type that was passed through a `macro_rules!`.
fn ungrouped(mut ty: &Type) -> &Type {
    while let Type::Group(syn::TypeGroup { elem, .. }) | Type::Paren(syn::TypeParen { elem, .. }) = ty {
        ty = elem;
    }
    ty
}

/// Returns the last segment of a type's path.
pub(crate) fn type_name(ty: &Type) -> Option<String> {
    match ungrouped(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

/// Reports whether the type contains a text, such as `Box<str>`.
pub(crate) fn is_of_text(ty: &Type) -> bool {
    let Type::Path(path) = ungrouped(ty) else { return false };
    let inner = path.path.segments.last().and_then(type_argument).and_then(type_name);
    inner.as_deref() == Some("str")
}

/// Kind of time that a type has by its name. A program may have types of these names, so rustc is asked once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeKind {
    /// A point in time.
    Moment,
    /// A length of time.
    TimeSpan,
}

/// Returns the kind of time with this name in the standard library, jiff or chrono.
pub(crate) fn time_kind(name: &str) -> Option<TimeKind> {
    match name {
        "SystemTime" | "Timestamp" | "ZonedDateTime" | "DateTime" => Some(TimeKind::Moment),
        "Duration" | "SignedDuration" | "TimeDelta" => Some(TimeKind::TimeSpan),
        _ => None,
    }
}

const NUMBERS: [&str; 14] =
    ["f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];

pub(crate) fn is_number(name: &str) -> bool {
    NUMBERS.contains(&name.strip_prefix("NonZero").map(str::to_lowercase).as_deref().unwrap_or(name))
}

/// Returns the advice for a type that no message shows.
pub(crate) fn problem(name: &str, cardinality: Cardinality, value_type: &Type) -> Option<String> {
    let inner = |ty: &Type| ty.to_token_stream().to_string().replace(' ', "");
    let computed = |code: &str| format!("compute a text: `with(text = {code})`, and write `{{text}}`");
    match (cardinality, ungrouped(value_type)) {
        (cardinality @ (Cardinality::Optional | Cardinality::List), Type::Path(path)) => {
            let segment = path.path.segments.last()?;
            let argument = type_argument(segment).map(inner);
            let outer = if cardinality == Cardinality::List { "Vec" } else { "Option" };
            match (&*segment.ident.to_string(), argument, cardinality) {
                ("Vec", Some(ty), Cardinality::Optional) => {
                    Some(format!("an empty list is shown as nothing, as `None` would be: write `Vec<{ty}>`"))
                }
                ("Option", Some(ty), Cardinality::List) => {
                    Some(format!("a list has a line for each value, and `None` has none: write `Vec<{ty}>`"))
                }
                ("Option", Some(ty), _) => Some(format!("one `Option` is enough: write `Option<{ty}>`")),
                ("Vec", Some(ty), _) => Some(format!(
                    "a list of lists has no form in a message: write `Vec<{ty}>`, or {}",
                    computed("…")
                )),
                (ty, ..) => container(ty).map(|advice| advice(name, outer)),
            }
        }
        (_, Type::Path(path)) => {
            let segment = path.path.segments.last()?;
            let argument = type_argument(segment).map_or_else(|| "T".to_owned(), inner);
            match &*segment.ident.to_string() {
                "HashSet" | "BTreeSet" | "IndexSet" | "VecDeque" | "LinkedList" | "BinaryHeap" => {
                    Some(format!("a list is a `Vec`: write `Vec<{argument}>`"))
                }
                ty => container(ty).map(|advice| advice(name, "")),
            }
        }
        (_, Type::Array(array)) => Some(format!("a list is a `Vec`: write `Vec<{}>`", inner(&array.elem))),
        (_, Type::Slice(slice)) => Some(format!("a list is a `Vec`: write `Vec<{}>`", inner(&slice.elem))),
        (_, Type::Reference(reference)) => match ungrouped(&reference.elem) {
            Type::Slice(slice) => Some(format!("a list is a `Vec`: write `Vec<{}>`", inner(&slice.elem))),
            Type::Array(array) => Some(format!("a list is a `Vec`: write `Vec<{}>`", inner(&array.elem))),
            _ => None,
        },
        (_, Type::Tuple(_)) => {
            let code = format!("format!(\"{{}} {{}}\", {name}.0, {name}.1)");
            Some(format!("a tuple has no text: give each part a field, or {}", computed(&code)))
        }
        _ => None,
    }
}

/// Returns the advice for a type of the standard library without a text, as a function of the field's name.
fn container(ty: &str) -> Option<fn(&str, &str) -> String> {
    match ty {
        "HashMap" | "BTreeMap" | "IndexMap" => Some(|name, _| {
            format!(
                "a map has no form in a message: write `Vec<String>`, or compute a text: `with(text = {name}.iter()\
                 .map(|(key, value)| format!(\"{{key}}={{value}}\")).collect::<Vec<_>>().join(\", \"))`, and write `{{text}}`"
            )
        }),
        "PathBuf" | "Path" | "OsString" | "OsStr" => Some(|name, outer| {
            let code = match outer {
                "" => format!("{name}.display()"),
                _ => format!(
                    "{name}.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(\", \")"
                ),
            };
            format!(
                "a path has no text of its own: write `String`, or compute it: `with(text = {code})`, and write `{{text}}`"
            )
        }),
        "SystemTime" if !HAS_TIME => Some(|_, _| {
            format!(
                "a point in time is shown in a time zone, which needs the feature `jiff` of `dingtalk-core`: {ADD_FEATURE}"
            )
        }),
        "Instant" => Some(|_, _| {
            "an `Instant` has no date: write `SystemTime`, or `Duration` for the time since then".to_owned()
        }),
        _ => None,
    }
}
