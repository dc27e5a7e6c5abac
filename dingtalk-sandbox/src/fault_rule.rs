//! Faults as text, for a command line and for scripts.

use std::{fmt, str::FromStr};

use crate::fault::Fault;

/// A fault, and the requests that meet it.
///
/// As text: `FAULT` for every request, `FAULT*COUNT` for the next ones, `FAULT@CHANCE` for each with this chance, which
/// is the same in each run unless a seed follows, as in `FAULT@CHANCE/SEED`. The faults are `reset-on-connect`,
/// `reset`, `hang`, `accept-then-reset`, `accept-then-hang`, `slow`, `gzip`, `truncate`, `html`, `redirect`, `garbage`,
/// `echo`, `huge`, `busy`, `throttle`, `status:CODE` and `accept-then:FAULT`.
///
/// ```
/// use dingtalk_sandbox::{Fault, FaultRule};
///
/// let rule: FaultRule = "throttle*3".parse()?;
/// assert_eq!(rule, FaultRule::next(3, Fault::Throttle));
/// assert_eq!("accept-then:status:502@0.1/7".parse::<FaultRule>()?.to_string(), "accept-then:status:502@0.1/7");
/// assert!("hang@2".parse::<FaultRule>().is_err());
/// # Ok::<(), dingtalk_sandbox::InvalidFault>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    pub(crate) fault: Fault,
    pub(crate) applies: Applies,
}

/// Requests that meet a fault.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Applies {
    Always,
    Next(usize),
    ByChance { chance: f64, seed: u64 },
}

/// Maximum number of requests that a rule counts.
const MAX_TIMES: usize = 10_000;

/// A text that describes no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFault {
    problem: String,
}

impl fmt::Display for InvalidFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for InvalidFault {}

/// Faults without a value, by name.
const NAMES: [(&str, Fault); 15] = [
    ("reset-on-connect", Fault::ResetOnConnect),
    ("reset", Fault::ResetBeforeAnswer),
    ("hang", Fault::Hang),
    ("accept-then-reset", Fault::AcceptThenReset),
    ("accept-then-hang", Fault::AcceptThenHang),
    ("slow", Fault::SlowAnswer),
    ("gzip", Fault::Gzip),
    ("truncate", Fault::Truncate),
    ("html", Fault::Html),
    ("redirect", Fault::Redirect),
    ("garbage", Fault::Garbage(Vec::new())),
    ("echo", Fault::Echo),
    ("huge", Fault::Huge),
    ("busy", Fault::Busy),
    ("throttle", Fault::Throttle),
];

/// Bytes of `garbage`.
const GARBAGE: &[u8] = b"\x00\xffnot http";

impl FaultRule {
    /// Injects the fault into every request.
    #[must_use]
    pub fn always(fault: Fault) -> Self {
        Self { fault, applies: Applies::Always }
    }

    /// Injects the fault into the next `n` requests.
    #[must_use]
    pub fn next(n: usize, fault: Fault) -> Self {
        Self { fault, applies: Applies::Next(n) }
    }

    /// Injects the fault into each request with this chance, from 0 to 1. The same seed repeats the same requests.
    #[must_use]
    pub fn by_chance(chance: f64, seed: u64, fault: Fault) -> Self {
        Self { fault, applies: Applies::ByChance { chance, seed } }
    }
}

impl FromStr for FaultRule {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let invalid = |problem: &str| InvalidFault { problem: format!("{text:?}: {problem}") };
        if let Some((fault, count)) = text.split_once('*') {
            let count = count.parse().ok().filter(|count| (1..=MAX_TIMES).contains(count));
            let count = count.ok_or_else(|| invalid("expected a count from 1 to 10,000 after `*`"))?;
            return Ok(Self::next(count, fault_of(fault)?));
        }
        if let Some((fault, chance)) = text.split_once('@') {
            let (chance, seed) = chance.split_once('/').map_or((chance, None), |(c, s)| (c, Some(s)));
            let chance = chance.parse().ok().filter(|chance| (0.0..=1.0).contains(chance));
            let chance = chance.ok_or_else(|| invalid("expected a chance from 0 to 1 after `@`"))?;
            let seed = seed.map(str::parse).transpose();
            let seed = seed.map_err(|_| invalid("expected a whole number as seed after `/`"))?;
            return Ok(Self::by_chance(chance, seed.unwrap_or_default(), fault_of(fault)?));
        }
        Ok(Self::always(fault_of(text)?))
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name_of(&self.fault))?;
        match self.applies {
            Applies::Always => Ok(()),
            Applies::Next(times) => write!(f, "*{times}"),
            Applies::ByChance { chance, seed: 0 } => write!(f, "@{chance}"),
            Applies::ByChance { chance, seed } => write!(f, "@{chance}/{seed}"),
        }
    }
}

fn fault_of(text: &str) -> Result<Fault, InvalidFault> {
    let invalid = |problem: String| InvalidFault { problem };
    if let Some(inner) = text.strip_prefix("accept-then:") {
        return match fault_of(inner)? {
            Fault::AcceptThen(_) => Err(invalid(format!("{text:?}: write `accept-then:` once"))),
            fault => Ok(Fault::AcceptThen(Box::new(fault))),
        };
    }
    if let Some(code) = text.strip_prefix("status:") {
        let code = code.parse().ok().filter(|code| (200..=999).contains(code));
        return code
            .map(Fault::Status)
            .ok_or_else(|| invalid(format!("{text:?}: expected an HTTP status from 200 to 999")));
    }
    match NAMES.iter().find(|(name, _)| *name == text) {
        Some((_, Fault::Garbage(_))) => Ok(Fault::Garbage(GARBAGE.to_vec())),
        Some((_, fault)) => Ok(fault.clone()),
        None => {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            Err(invalid(format!(
                "unknown fault {text:?}; expected {}, status:CODE or accept-then:FAULT, followed by *COUNT or @CHANCE if \
                 not every request meets it",
                names.join(", ")
            )))
        }
    }
}

/// Returns the name of a fault, as [`FaultRule`] reads it. A reply of one's own has none that can be read.
pub(crate) fn name_of(fault: &Fault) -> String {
    match fault {
        Fault::AcceptThen(fault) => format!("accept-then:{}", name_of(fault)),
        Fault::Status(code) => format!("status:{code}"),
        Fault::Reply(_) => "reply".to_owned(),
        Fault::Garbage(_) => "garbage".to_owned(),
        fault => NAMES.iter().find(|(_, known)| known == fault).map_or("", |(name, _)| name).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for (name, fault) in NAMES {
            for text in
                [name.to_owned(), format!("accept-then:{name}"), format!("{name}*3"), format!("{name}@0.5/9")]
            {
                let rule: FaultRule = text.parse().unwrap();
                assert_eq!(rule.to_string(), text, "{fault:?}");
            }
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, problem) in [
            ("hagn", "unknown fault \"hagn\"; expected reset-on-connect, "),
            ("", "unknown fault \"\""),
            ("hang*0", "\"hang*0\": expected a count"),
            ("hang*x", "\"hang*x\": expected a count"),
            ("hang@1.5", "\"hang@1.5\": expected a chance"),
            ("hang@NaN", "\"hang@NaN\": expected a chance"),
            ("hang@0.5/x", "\"hang@0.5/x\": expected a whole number"),
            ("status:99", "\"status:99\": expected an HTTP status"),
            ("accept-then:accept-then:hang", "\"accept-then:accept-then:hang\": write"),
        ] {
            let error = text.parse::<FaultRule>().unwrap_err().to_string();
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }
}
