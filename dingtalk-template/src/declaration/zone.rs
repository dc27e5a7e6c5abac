//! Names of time zones, as far as they can be judged without a database of them.

use crate::suggest;

/// Areas of the IANA database.
const AREAS: [&str; 16] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Brazil",
    "Canada",
    "Chile",
    "Etc",
    "Europe",
    "Indian",
    "Mexico",
    "Pacific",
    "US",
];

/// Names without an area, most of them old ones.
const WITHOUT_AREA: &str = "CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST \
    Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland \
    Portugal ROC ROK Singapore Turkey UCT UTC Universal W-SU WET Zulu";

/// Cities that people look for, and the city whose name the zone has.
const OTHER_CITIES: [(&str, &str); 8] = [
    ("Asia/Beijing", "Asia/Shanghai"),
    ("Asia/Guangzhou", "Asia/Shanghai"),
    ("Asia/Hangzhou", "Asia/Shanghai"),
    ("Asia/Peking", "Asia/Shanghai"),
    ("Asia/Shenzhen", "Asia/Shanghai"),
    ("America/San_Francisco", "America/Los_Angeles"),
    ("America/Seattle", "America/Los_Angeles"),
    ("Europe/Munich", "Europe/Berlin"),
];

/// Returns the seconds of an offset such as `+08:00`, up to a day.
pub fn offset_seconds(offset: &str) -> Option<i32> {
    let (sign, rest) = match offset.as_bytes() {
        [b'+', ..] => (1, &offset[1..]),
        [b'-', ..] => (-1, &offset[1..]),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str, most: i32| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &i32| is_number && *number <= most)
    };
    Some(sign * (number(hours, 23)? * 3600 + number(minutes, 59)? * 60))
}

/// Returns the reason why no time zone has this name. A city that is not in the database is found at run time.
pub fn zone_problem(name: &str) -> Option<String> {
    if offset_seconds(name).is_some() {
        return None;
    }
    let is_one_of = |names: &str| names.split_whitespace().any(|known| known.eq_ignore_ascii_case(name));
    if is_one_of("local machine system") {
        return Some("the machine's time zone is the default: leave it out".to_owned());
    }
    if let Some((_, known)) = OTHER_CITIES.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
        return Some(format!("unknown time zone `{name}`; its name is `{known}`"));
    }
    let digits = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = &name[..name.len() - digits.len()];
    let is_offset = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-:".contains(&byte));
    if is_offset && !is_one_of(WITHOUT_AREA) && (letters.len() <= 3 || letters.is_empty()) {
        return Some(format!("invalid offset `{name}`; write hours and minutes, such as `+08:00`"));
    }
    let Some((area, city)) = name.split_once('/') else {
        if is_one_of(WITHOUT_AREA) {
            return None;
        }
        if name.len() >= 2 && name.len() <= 5 && name.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Some(format!(
                "an abbreviation such as `{name}` has several meanings: write the name of the zone, such as `Asia/Shanghai`"
            ));
        }
        return Some(unknown(name));
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-+/".contains(c);
    if city.is_empty() || !city.chars().all(fits) {
        return Some(unknown(name));
    }
    if AREAS.iter().any(|known| known.eq_ignore_ascii_case(area)) {
        return None;
    }
    match suggest(area, AREAS) {
        Some(meant) => Some(format!("unknown time zone `{name}`; did you mean `{meant}/{city}`?")),
        None => Some(unknown(name)),
    }
}

fn unknown(name: &str) -> String {
    format!(
        "unknown time zone `{name}`; expected a name such as `Asia/Shanghai`, or an offset such as `+08:00`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_has_hours_and_minutes() {
        for (offset, seconds) in [
            ("+08:00", Some(28_800)),
            ("-03:30", Some(-12_600)),
            ("+00:00", Some(0)),
            ("+23:59", Some(86_340)),
            ("+24:00", None),
            ("+08:60", None),
            ("+8:00", None),
            ("08:00", None),
            ("+0800", None),
            ("++8:00", None),
            ("+08:00:00", None),
            ("+八:00", None),
            ("", None),
        ] {
            assert_eq!(offset_seconds(offset), seconds, "{offset}");
        }
    }

    #[test]
    fn a_mistake_in_a_name_is_explained() {
        for name in [
            "Asia/Shanghai",
            "asia/shanghai",
            "America/Argentina/Buenos_Aires",
            "Etc/GMT-8",
            "UTC",
            "PRC",
            "+08:00",
            "EST5EDT",
        ] {
            assert_eq!(zone_problem(name), None);
        }
        for (name, words) in [
            ("Asia/Beijing", "its name is `Asia/Shanghai`"),
            ("Aisa/Shanghai", "did you mean `Asia/Shanghai`?"),
            ("CST", "an abbreviation"),
            ("UTC+8", "write hours and minutes"),
            ("GMT+08:00", "write hours and minutes"),
            ("+8", "write hours and minutes"),
            ("0800", "write hours and minutes"),
            ("local", "is the default"),
            ("Shanghai", "expected a name"),
            ("", "expected a name"),
            ("Asia/", "expected a name"),
            ("Asia/上海", "expected a name"),
            ("北京/上海", "expected a name"),
        ] {
            let problem = zone_problem(name).unwrap_or_default();
            assert!(problem.contains(words), "{name}: {problem}");
        }
    }
}
