//! Argument types of time: lengths in seconds, and points in time as RFC 3339 texts.

use std::time::Duration;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{
    argument::{Argument, wrong_type},
    types::integer,
};
use crate::message::{Fault, Faults};

/// Limit of a length without a `range`, in seconds: more than three hundred years.
pub(super) const MAX_SECONDS: u64 = 10_000_000_000;

fn span_schema(min: i64) -> Schema {
    json_schema!({"type": "number", "minimum": min, "maximum": MAX_SECONDS, "description": "In seconds"})
}

#[diagnostic::do_not_recommend]
impl Argument for Duration {
    fn schema(_: &mut SchemaGenerator) -> Schema {
        span_schema(0)
    }

    fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
        read_seconds(value, path, 0, faults).map(|(_, length)| length)
    }

    fn default_in_schema(default: fn() -> Self) -> Option<Value> {
        let default = default();
        match default.subsec_nanos() {
            0 => Some(default.as_secs().into()),
            _ => Some(default.as_secs_f64().into()),
        }
    }
}

/// Reads a number of seconds: `true` and the length, if it is negative.
fn read_seconds(value: &Value, path: &str, min: i64, faults: &mut Faults) -> Option<(bool, Duration)> {
    let Some(number) = value.as_f64() else {
        faults.push(wrong_type(path, "a number of seconds", value));
        return None;
    };
    let max = i64::try_from(MAX_SECONDS).unwrap_or(i64::MAX);
    let length = match integer(value).and_then(|whole| i64::try_from(whole).ok()) {
        // Whole seconds are exact.
        Some(whole) => Some((whole < 0, Duration::from_secs(whole.unsigned_abs())))
            .filter(|_| (min..=max).contains(&whole)),
        None => Duration::try_from_secs_f64(number.abs())
            .ok()
            .map(|length| (number < 0.0, length))
            .filter(|(is_negative, length)| length.as_secs() < MAX_SECONDS && (min < 0 || !is_negative)),
    };
    if length.is_none() {
        faults.push(Fault::new(path, format!("must be {min} to {max} seconds")).given(value.to_string()));
    }
    length
}

#[cfg(feature = "jiff")]
mod moments {
    use std::time::SystemTime;

    use dingtalk_template::declaration::offset_seconds;
    use jiff::{SignedDuration, Timestamp, ZonedDateTime};

    use super::{
        Argument, Fault, Faults, MAX_SECONDS, Schema, SchemaGenerator, Value, json_schema, read_seconds,
        span_schema, wrong_type,
    };
    use crate::form::zone_of_program;

    const EXPECTED: &str = "a date and time with an offset, such as \"2026-11-29T20:05:00+08:00\"";

    fn schema() -> Schema {
        json_schema!({"type": "string", "format": "date-time", "description": "In RFC 3339, with an offset"})
    }

    /// Reads a point in time and the seconds of its offset.
    fn read_moment(value: &Value, path: &str, faults: &mut Faults) -> Option<(Timestamp, i32)> {
        let Value::String(text) = value else {
            faults.push(wrong_type(path, EXPECTED, value));
            return None;
        };
        let moment = parse(text);
        if moment.is_none() {
            faults.push(Fault::new(path, format!("must be {EXPECTED}")).given(format!("{text:?}")));
        }
        moment
    }

    /// Parses RFC 3339, which is stricter than what jiff parses: it is what the schema promises.
    fn parse(text: &str) -> Option<(Timestamp, i32)> {
        const SHAPE: &[u8; 19] = b"dddd-dd-ddTdd:dd:dd";
        let (date_and_time, rest) = text.split_at_checked(SHAPE.len())?;
        let fits = date_and_time.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            shape => byte.eq_ignore_ascii_case(shape),
        });
        let offset_at = rest.find(['Z', 'z', '+', '-'])?;
        let (fraction, offset) = rest.split_at(offset_at);
        let digits = fraction.strip_prefix('.').unwrap_or("0");
        if !fits
            || (!fraction.is_empty() && !fraction.starts_with('.'))
            || digits.is_empty()
            || !digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            return None;
        }
        let seconds = if offset.eq_ignore_ascii_case("z") { 0 } else { offset_seconds(offset)? };
        // No clock tells more than nanoseconds.
        let fraction = &fraction[..fraction.len().min(".123456789".len())];
        let timestamp: Timestamp = format!("{date_and_time}{fraction}{offset}").parse().ok()?;
        // A leap second is the last one of a day in UTC.
        let is_leap = date_and_time.ends_with(":60");
        (!is_leap || (timestamp.as_second() + 1).rem_euclid(86_400) == 0).then_some((timestamp, seconds))
    }

    /// Writes a point in time in the one way that the canonical form of arguments has.
    pub(in crate::tool) fn canonical(text: &str) -> Option<String> {
        parse(text).map(|(timestamp, _)| timestamp.to_string())
    }

    macro_rules! moments {
        ($($type:ty: |$timestamp:ident, $offset:ident| $made:expr, |$moment:ident| $made_timestamp:expr;)*) => {$(
            #[diagnostic::do_not_recommend]
            impl Argument for $type {
                const IS_MOMENT: bool = true;

                fn schema(_: &mut SchemaGenerator) -> Schema {
                    schema()
                }

                fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
                    let ($timestamp, $offset) = read_moment(value, path, faults)?;
                    let moment: Option<Self> = $made;
                    if moment.is_none() {
                        faults.push(Fault::new(path, "is too far from now").given(value.to_string()));
                    }
                    moment
                }

                fn default_in_schema(default: fn() -> Self) -> Option<Value> {
                    let $moment = default();
                    let timestamp: Option<Timestamp> = $made_timestamp;
                    timestamp.map(|timestamp| timestamp.to_string().into())
                }
            }
        )*};
    }

    moments! {
        SystemTime: |timestamp, _offset| SystemTime::try_from(timestamp).ok(), |moment| Timestamp::try_from(moment).ok();
        Timestamp: |timestamp, _offset| Some(timestamp), |moment| Some(moment);
        ZonedDateTime: |timestamp, _offset| Some(timestamp.to_zoned_datetime(zone_of_program())),
            |moment| Some(moment.timestamp());
    }

    #[cfg(feature = "chrono")]
    moments! {
        chrono::DateTime<chrono::Utc>: |timestamp, _offset| of_chrono(timestamp), |moment| to_jiff(&moment);
        chrono::DateTime<chrono::FixedOffset>:
            |timestamp, offset| Some(of_chrono(timestamp)?.with_timezone(&chrono::FixedOffset::east_opt(offset)?)),
            |moment| to_jiff(&moment);
    }

    #[cfg(feature = "chrono")]
    fn of_chrono(timestamp: Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
        let nanoseconds = timestamp.as_nanosecond().rem_euclid(1_000_000_000);
        let seconds = timestamp.as_nanosecond().div_euclid(1_000_000_000);
        chrono::DateTime::from_timestamp(i64::try_from(seconds).ok()?, u32::try_from(nanoseconds).ok()?)
    }

    #[cfg(feature = "chrono")]
    fn to_jiff<Zone: chrono::TimeZone>(moment: &chrono::DateTime<Zone>) -> Option<Timestamp> {
        let nanoseconds = i32::try_from(moment.timestamp_subsec_nanos()).ok()?;
        Timestamp::new(moment.timestamp(), nanoseconds.min(999_999_999)).ok()
    }

    /// The lowest length that may be negative, in seconds.
    const MIN_SECONDS: i64 = -MAX_SECONDS.cast_signed();

    #[diagnostic::do_not_recommend]
    impl Argument for SignedDuration {
        fn schema(_: &mut SchemaGenerator) -> Schema {
            span_schema(MIN_SECONDS)
        }

        fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
            let (is_negative, length) = read_seconds(value, path, MIN_SECONDS, faults)?;
            let length = Self::try_from(length).ok()?;
            Some(if is_negative { -length } else { length })
        }
    }

    #[cfg(feature = "chrono")]
    #[diagnostic::do_not_recommend]
    impl Argument for chrono::TimeDelta {
        fn schema(_: &mut SchemaGenerator) -> Schema {
            span_schema(MIN_SECONDS)
        }

        fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
            let (is_negative, length) = read_seconds(value, path, MIN_SECONDS, faults)?;
            let length = Self::from_std(length).ok()?;
            Some(if is_negative { -length } else { length })
        }
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn only_rfc_3339_is_a_time() {
            for (text, canonical) in [
                ("2026-11-29T20:05:00+08:00", "2026-11-29T12:05:00Z"),
                ("2026-11-29t12:05:00z", "2026-11-29T12:05:00Z"),
                ("2026-11-29T12:05:00-00:00", "2026-11-29T12:05:00Z"),
                ("2026-11-29T12:05:00.250Z", "2026-11-29T12:05:00.25Z"),
                ("2026-11-29T12:05:00.1234567891234Z", "2026-11-29T12:05:00.123456789Z"),
                ("1969-12-31T23:59:59-23:59", "1970-01-01T23:58:59Z"),
                ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ] {
                assert_eq!(super::canonical(text).as_deref(), Some(canonical));
            }
            for text in [
                "",
                "2026-11-29",
                "2026-11-29T20:05:00",
                "2026-11-29 20:05:00+08:00",
                "2026-11-29T20:05+08:00",
                "2026-11-29T20:05:00+08",
                "2026-11-29T20:05:00+0800",
                "2026-11-29T20:05:00+24:00",
                "2026-11-29T20:05:00.+08:00",
                "2026-11-29T20:05:00,5Z",
                "2026-11-29T20:05:00Z[UTC]",
                "2026-11-31T20:05:00Z",
                "2026-11-29T24:00:00Z",
                "2026-11-29T20:05:60Z",
                "20261129T200500Z",
                "+002026-11-29T20:05:00Z",
                "2026-11-29T20:05:00上Z",
                "1795953900",
                "now",
            ] {
                assert_eq!(super::canonical(text), None, "{text}");
            }
        }
    }
}

#[cfg(feature = "jiff")]
pub(super) use self::moments::canonical;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_length_is_a_number_of_seconds() {
        let read = |value: Value| {
            let mut faults = Faults::default();
            let length = <Duration as Argument>::read(&value, "took", &mut faults);
            length.ok_or_else(|| faults.to_string())
        };
        assert_eq!(read(json!(90)), Ok(Duration::from_secs(90)));
        assert_eq!(read(json!(90.0)), Ok(Duration::from_secs(90)));
        assert_eq!(read(json!(0.25)), Ok(Duration::from_millis(250)));
        assert_eq!(read(json!(MAX_SECONDS)), Ok(Duration::from_secs(MAX_SECONDS)));
        for refused in
            [json!(-1), json!(-0.5), json!(MAX_SECONDS + 1), json!(1e300), json!(9_999_999_999.5_f64)]
        {
            let is_within = refused.as_f64().is_some_and(|number| number > 0.0 && number < 1e10);
            assert_eq!(read(refused.clone()).is_ok(), is_within, "{refused}");
        }
        assert_eq!(
            read(json!("90 s")),
            Err("`took` must be a number of seconds, not the string \"90 s\"".to_owned())
        );
        assert_eq!(read(json!(-1)), Err("`took` must be 0 to 10000000000 seconds, not -1".to_owned()));
    }
}
