//! Settings of a robot in the environment.

use std::env;

use secrecy::SecretString;

use super::{
    super::super::{Error, Language, SecretSource, endpoint::PlainHttp},
    Names, RobotBuilder,
};

const ACCESS_TOKEN: &str = "DINGTALK_BOT_ACCESS_TOKEN";
const ACCESS_TOKEN_FILE: &str = "DINGTALK_BOT_ACCESS_TOKEN_FILE";
const SECRET: &str = "DINGTALK_BOT_SECRET";
const SECRET_FILE: &str = "DINGTALK_BOT_SECRET_FILE";
const BASE_URL: &str = "DINGTALK_BOT_BASE_URL";
const PLAIN_HTTP: &str = "DINGTALK_BOT_PLAIN_HTTP";
const PROXY: &str = "DINGTALK_BOT_PROXY";
const KEYWORD: &str = "DINGTALK_BOT_KEYWORD";

impl RobotBuilder {
    /// Reads the settings from the environment:
    ///
    /// - `DINGTALK_BOT_ACCESS_TOKEN`: the access token or the whole webhook; required.
    /// - `DINGTALK_BOT_SECRET`: the signing secret; no secret if absent or blank.
    /// - `DINGTALK_BOT_ACCESS_TOKEN_FILE`, `DINGTALK_BOT_SECRET_FILE`: files that contain them instead, as containers
    ///   mount secrets.
    /// - `DINGTALK_BOT_BASE_URL`: see [`base_url`](Self::base_url); the default if absent or blank.
    /// - `DINGTALK_BOT_PLAIN_HTTP`: `1` or `true` as [`plain_http`](Self::plain_http); `0` or `false` as the default.
    /// - `DINGTALK_BOT_PROXY`: see [`proxy`](Self::proxy); the variables for all programs apply if absent or blank.
    /// - `DINGTALK_BOT_KEYWORD`: see [`keyword`](Self::keyword); no keyword if absent or blank.
    ///
    /// The token, the secret and the proxy are read as every [`SecretSource`] is: `env:NAME` and `file:PATH` refer to
    /// another variable and to a file.
    ///
    /// # Errors
    ///
    /// The token is not set, a variable and its file are both set, a file cannot be read, or a value is a placeholder
    /// that was not replaced, such as `${TOKEN}` or `<your token>`.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_settings(|name| match env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => Err(Error::of_setting(name, "not UTF-8", "不是 UTF-8 编码")),
        })
    }

    /// Reads the settings like [`from_env`](Self::from_env), with the same names and rules, from another source.
    ///
    /// ```
    /// use dingtalk_core::delivery::RobotBuilder;
    ///
    /// let error = RobotBuilder::from_variables(|_| None).unwrap_err();
    /// assert!(error.to_string().contains("DINGTALK_BOT_ACCESS_TOKEN"));
    /// ```
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::from_settings(|name| Ok(variable(name)))
    }

    fn from_settings(setting: impl Fn(&str) -> Result<Option<String>, Error>) -> Result<Self, Error> {
        let given = |name| setting(name).map(|value| value.filter(|value| !value.trim().is_empty()));
        let secret = |name, file| {
            let value = given(name)?.map(|text| SecretSource::parse(&text).read_optional());
            let (name, secret) = match (value.and_then(Result::transpose), given(file)?) {
                (Some(_), Some(_)) => {
                    return Err(Error::of_settings(
                        format!("{name} and {file} are both set: keep one"),
                        format!("{name} 和 {file} 同时设置了：请只保留一个"),
                    ));
                }
                (Some(secret), None) => (name, secret),
                (None, Some(path)) => (file, SecretSource::file(path.trim()).read()),
                (None, None) => return Ok(None),
            };
            let named = |error: Error| Error::of_setting(name, error.cause(), error.cause_in(Language::Zh));
            secret.map(|secret| Some((name, secret))).map_err(named)
        };
        let Some((token_name, token)) = secret(ACCESS_TOKEN, ACCESS_TOKEN_FILE)? else {
            return Err(Error::of_settings(
                format!("{ACCESS_TOKEN} is not set: it takes the robot's access token or its whole webhook"),
                format!("没有设置 {ACCESS_TOKEN}：请填写机器人的 access_token 或完整的 Webhook 地址"),
            ));
        };
        let (secret_name, secret) = secret(SECRET, SECRET_FILE)?.unzip();
        let names = Names {
            token: token_name,
            secret: secret_name.unwrap_or(SECRET),
            base_url: BASE_URL,
            proxy: PROXY,
        };
        let base_url = given(BASE_URL)?.map(SecretString::from);
        let plain_http = match given(PLAIN_HTTP)?.map(|value| value.trim().to_ascii_lowercase()).as_deref() {
            None | Some("0" | "false") => PlainHttp::Refused,
            Some("1" | "true") => PlainHttp::Allowed,
            Some(_) => return Err(Error::of_setting(PLAIN_HTTP, "expected `1` or `0`", "应为 `1` 或 `0`")),
        };
        let proxy = match given(PROXY)? {
            Some(text) => SecretSource::parse(&text)
                .read_optional()
                .map_err(|error| Error::of_setting(PROXY, error.cause(), error.cause_in(Language::Zh)))?,
            None => None,
        };
        let keyword = given(KEYWORD)?;
        Ok(Self { secret, base_url, plain_http, proxy, keyword, names, ..Self::new(token) })
    }

    /// Names the settings in errors by the variables that they were read from, by a program that has read them.
    #[doc(hidden)]
    pub fn named_by(mut self, token: &'static str, secret: &'static str) -> Self {
        self.names = Names { token, secret, base_url: BASE_URL, proxy: PROXY };
        self
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::delivery::secret::fingerprint;

    fn problem(builder: RobotBuilder) -> String {
        builder.build().expect_err("this must be refused").to_string()
    }

    fn with(settings: &[(&str, &str)]) -> Result<RobotBuilder, Error> {
        RobotBuilder::from_variables(|name| {
            settings.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_names_its_variables() {
        let robot = with(&[(ACCESS_TOKEN, "abcd"), (SECRET, " "), (BASE_URL, "")]).unwrap().build().unwrap();
        assert!(robot.0.signer.is_none());
        assert_eq!(robot.0.endpoint.host(), "oapi.dingtalk.com");

        assert_eq!(robot.keyword(), None);

        let robot = with(&[
            (ACCESS_TOKEN, "abcd"),
            (SECRET, "SEC1"),
            (BASE_URL, "http://localhost:1"),
            (KEYWORD, " alert "),
        ]);
        let robot = robot.unwrap().build().unwrap();
        assert_eq!(robot.keyword(), Some("alert"));
        assert!(robot.0.signer.is_some());
        assert_eq!(robot.0.endpoint.host(), "localhost");

        assert!(with(&[(ACCESS_TOKEN, " ")]).unwrap_err().to_string().contains(ACCESS_TOKEN));
        assert!(problem(with(&[(ACCESS_TOKEN, "a b")]).unwrap()).contains(ACCESS_TOKEN));
        assert!(problem(with(&[(ACCESS_TOKEN, "a"), (BASE_URL, "x")]).unwrap()).contains(BASE_URL));
        assert!(problem(with(&[(ACCESS_TOKEN, "a"), (SECRET, "https://x")]).unwrap()).contains(SECRET));
    }

    #[test]
    fn editors_and_shells_leave_nothing_on_a_token_and_a_secret() {
        for token in ["\u{feff}abcd\r\n", "\"abcd\"", " 'abcd' ", "\u{feff}\"abcd\"\r\n"] {
            let robot = with(&[(ACCESS_TOKEN, token), (SECRET, "\u{feff}\"SEC1\"\r\n")]).unwrap();
            assert_eq!(robot.secret.as_ref().unwrap().expose_secret(), "SEC1");
            assert_eq!(robot.build().unwrap().id(), fingerprint("abcd"), "{token:?}");
        }
    }

    #[test]
    fn a_blank_token_or_secret_is_not_set() {
        for blank in ["", " ", "\u{feff}\r\n", "\"\"", "' '"] {
            let error = with(&[(ACCESS_TOKEN, blank)]).unwrap_err();
            assert!(error.cause().starts_with("DINGTALK_BOT_ACCESS_TOKEN is not set"), "{error}");
            let robot = with(&[(ACCESS_TOKEN, "abcd"), (SECRET, blank)]).unwrap();
            assert!(robot.build().unwrap().0.signer.is_none(), "{blank:?}");
        }
    }

    #[test]
    fn a_placeholder_is_refused_and_not_repeated() {
        for placeholder in ["${CANARY}", "<your canary>", "https://x/robot/send?access_token=${CANARY}"] {
            for (name, settings) in [
                (ACCESS_TOKEN, [(ACCESS_TOKEN, placeholder), (SECRET, "SEC1")]),
                (SECRET, [(ACCESS_TOKEN, "abcd"), (SECRET, placeholder)]),
            ] {
                let error = with(&settings).unwrap_err();
                let begins = format!("{name}: it holds a placeholder (");
                assert!(error.cause().starts_with(&begins), "{error}");
                let chinese = error.cause_in(Language::Zh);
                assert!(chinese.starts_with(&format!("{name}：是占位符（")), "{chinese}");
                assert!(!format!("{error:#?}").to_lowercase().contains("canary"), "{error:#?}");
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let error = with(&[(ACCESS_TOKEN, "abcd"), (SECRET_FILE, " /run/secrets/none ")]).unwrap_err();
        let begins = "DINGTALK_BOT_SECRET_FILE: file:/run/secrets/none cannot be read: ";
        assert!(error.cause().starts_with(begins), "{error}");
        let chinese = error.cause_in(Language::Zh);
        assert!(
            chinese.starts_with("DINGTALK_BOT_SECRET_FILE：无法读取 file:/run/secrets/none："),
            "{chinese}"
        );
    }

    #[test]
    fn secrets_may_be_in_files() {
        let path = |name: &str| env::temp_dir().join(format!("dingtalk-core-{}-{name}", std::process::id()));
        let (token, secret, blank) = (path("token"), path("secret"), path("blank"));
        for (path, content) in [(&token, "\u{feff}abcd\r\n"), (&secret, "\"SEC1\"\n"), (&blank, "\n")] {
            fs::write(path, content).unwrap();
        }
        let [token_path, secret_path, blank_path] =
            [&token, &secret, &blank].map(|path| path.to_str().unwrap());
        let reference = format!("file:{token_path}");
        for token in [(ACCESS_TOKEN_FILE, token_path), (ACCESS_TOKEN, &reference)] {
            let robot = with(&[token, (SECRET_FILE, secret_path)]).unwrap();
            assert_eq!(robot.secret.as_ref().unwrap().expose_secret(), "SEC1");
            assert_eq!(robot.build().unwrap().id(), fingerprint("abcd"));
        }

        let both = with(&[(ACCESS_TOKEN, "abcd"), (ACCESS_TOKEN_FILE, token_path)]).unwrap_err().to_string();
        assert!(both.contains("are both set"), "{both}");
        let blank = with(&[(ACCESS_TOKEN_FILE, blank_path)]).unwrap_err();
        assert_eq!(blank.cause(), format!("DINGTALK_BOT_ACCESS_TOKEN_FILE: file:{blank_path} is blank"));
        // A token was set in place of a path.
        let none = with(&[(ACCESS_TOKEN_FILE, "cafe0123")]).unwrap_err().to_string();
        assert!(none.contains(ACCESS_TOKEN_FILE) && !none.contains("cafe0123"), "{none}");
        for path in [token, secret, path("blank")] {
            fs::remove_file(path).unwrap();
        }
    }
}
