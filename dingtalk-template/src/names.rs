//! Names for people and agents, made from Rust names.

/// The words of a Rust name: `CpuAlert`, `cpu_alert` and `HTTPAlert2` give `["Cpu", "Alert"]`, `["cpu", "alert"]`
/// and `["HTTP", "Alert2"]`.
pub fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let chars: Vec<(usize, char)> = name.char_indices().collect();
    for (i, &(at, c)) in chars.iter().enumerate() {
        let previous = i.checked_sub(1).map(|p| chars[p].1);
        let next = chars.get(i + 1).map(|&(_, next)| next);
        let starts = c.is_uppercase()
            && previous
                .is_some_and(|previous| !previous.is_uppercase() || next.is_some_and(char::is_lowercase));
        if c == '_' || starts {
            words.push(&name[start..at]);
            start = if c == '_' { at + 1 } else { at };
        }
    }
    words.push(&name[start..]);
    words.retain(|word| !word.is_empty());
    words
}

/// `CpuAlert` gives `cpu_alert`.
pub fn snake_case(name: &str) -> String {
    words(name).join("_").to_lowercase()
}

/// The candidate that was probably meant, if one is near enough.
///
/// ```
/// assert_eq!(dingtalk_template::suggest("atMobile", ["text", "atMobiles"]), Some("atMobiles"));
/// assert_eq!(dingtalk_template::suggest("colour", ["text", "atMobiles"]), None);
/// ```
pub fn suggest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let given = fold(given);
    candidates
        .into_iter()
        .map(|candidate| (distance(&given, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| distance * 3 <= candidate.chars().count().max(given.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace, swap neighbours) that lead from one name to the other.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_names_have_words() {
        for (name, snake) in [
            ("CpuAlert", "cpu_alert"),
            ("HTTPAlert", "http_alert"),
            ("PullRequestOpened", "pull_request_opened"),
            ("Ci", "ci"),
            ("cpu_alert", "cpu_alert"),
            ("V2Release", "v2_release"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn a_swap_is_one_edit() {
        assert_eq!(distance("hsot", "host"), 1);
        assert_eq!(suggest("on_call", ["onCall", "host"]), Some("onCall"));
        assert_eq!(suggest("x", ["y"]), None);
        assert_eq!(suggest("abc", ["y"]), None);
    }
}
