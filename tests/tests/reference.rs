//! The derive's reference documents every key, and all links in it and in the guide are valid.

const NOTIFICATION: &str = include_str!("../../dingtalk-derive/doc/notification.md");

/// Pages by the names that links use.
const PAGES: [(&str, &str); 5] = [
    ("macro@Notification", NOTIFICATION),
    ("macro@FeedItem", include_str!("../../dingtalk-derive/doc/feed_item.md")),
    ("macro@Choice", include_str!("../../dingtalk-derive/doc/choice.md")),
    ("macro@Fragment", include_str!("../../dingtalk-derive/doc/fragment.md")),
    ("guide.md", include_str!("../../docs/guide.md")),
];

/// Files with tables of keys: `value!("length", …)` or `("tool", |…| …)` for each.
const SOURCES: [&str; 2] = [
    include_str!("../../dingtalk-derive/src/attr/mod.rs"),
    include_str!("../../dingtalk-derive/src/attr/message.rs"),
];

/// The keys of the tables in a source file.
fn keys(source: &str) -> Vec<&str> {
    let mut before = "";
    let mut keys = Vec::new();
    for piece in source.split("(\"") {
        if let Some((key, rest)) = piece.split_once("\", ") {
            let is_entry = ["message!", "template!", "value!"].iter().any(|name| before.ends_with(name))
                || rest.starts_with('|');
            keys.extend(is_entry.then_some(key));
        }
        before = piece;
    }
    keys
}

#[test]
fn every_key_is_in_a_table() {
    let keys: Vec<&str> = SOURCES.into_iter().flat_map(keys).collect();
    assert!(keys.len() > 40, "the keys are not where they were: {keys:?}");
    let rows: Vec<&str> = PAGES
        .iter()
        .filter(|(name, _)| name.starts_with("macro@"))
        .flat_map(|(_, page)| page.lines())
        .filter(|line| line.starts_with('|'))
        .collect();
    for key in keys {
        let named = |row: &&str| row.contains(&format!("`{key}`")) || row.contains(&format!("`{key}("));
        assert!(rows.iter().any(named), "no table has `{key}`");
    }
}

#[test]
fn links_lead_to_headings() {
    for (name, page) in PAGES {
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (target, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() { name } else { target };
            let Some((_, there)) = PAGES.iter().find(|(name, _)| *name == target) else {
                assert!(!target.starts_with("macro@"), "`{link}` in {name} leads nowhere");
                continue;
            };
            let found = heading.is_empty() || headings(there).any(|found| found == heading);
            assert!(found, "`{link}` in {name} leads to no heading");
        }
    }
}

/// The headings of a page, in the form of rustdoc's and GitHub's anchors.
fn headings(page: &str) -> impl Iterator<Item = String> {
    let mut code = false;
    let outside_code = page.lines().filter(move |line| {
        code ^= line.starts_with("```");
        !code
    });
    outside_code.filter(|line| line.starts_with('#')).map(|line| {
        let kept = line.trim_start_matches('#').trim().chars().filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            c => c.is_alphanumeric().then(|| c.to_ascii_lowercase()),
        });
        kept.collect()
    })
}
