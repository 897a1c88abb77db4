//! The environment as a layer: `VITALS__SECTION__KEY` stands for `section.key`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::problem::Fault;
use super::proxies::ProxyVariables;
use super::stack::Stack;
use super::table::{ANY, Finding, Reading, is_name};
use super::token::{ALLOWED, TokenHash};
use super::value::{Entries, Place, insert, show_path};

/// What the names of all variables that stand for a setting begin with.
const PREFIX: &str = "VITALS__";

/// Names the settings file; the flag `--config` goes before it.
pub(super) const CONFIG: &str = "VITALS_CONFIG";

/// A token by the name [`TOKEN_NAME`], or the file it is in.
const TOKEN: &str = "VITALS_TOKEN";
const TOKEN_FILE: &str = "VITALS_TOKEN_FILE";
pub(super) const TOKEN_NAME: &str = "default";

/// What the environment says to Vitals.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// The settings file, where one is named. Empty counts as unset, as `${X:-}` gives it.
    pub(super) config: Option<PathBuf>,
    /// The token of [`TOKEN_NAME`], where there is one. Empty counts as unset here, too.
    pub(super) token: Option<TokenHash>,
    /// What the names say that the whole stack knows.
    pub(super) stack: Stack,
    /// What the names say that all programs know.
    pub(super) proxies: ProxyVariables,
    /// The settings given by variables.
    pub(super) entries: Entries,
}

impl Environment {
    /// Takes what is meant for Vitals out of all variables; variables of a name that starts as
    /// ours do, and stands for no setting, are reported.
    pub(super) fn of(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        reading: &mut Reading,
    ) -> Self {
        let mut environment = Self::default();
        for (variable, value) in variables {
            if variable == CONFIG {
                environment.config = Some(value)
                    .filter(|value| !value.is_empty())
                    .map(PathBuf::from);
                continue;
            }
            if (variable == TOKEN || variable == TOKEN_FILE) && !value.is_empty() {
                environment.take_token(&variable.to_string_lossy(), value, reading);
                continue;
            }
            // A name that is no text cannot be ours beyond the prefix, and is refused as unknown.
            let variable = variable.to_string_lossy().into_owned();
            if environment.stack.take(&variable, &value, reading)
                || environment.proxies.take(&variable, &value, reading)
            {
                continue;
            }
            let Some(after) = variable.strip_prefix(PREFIX) else {
                continue;
            };
            let path = after.replace("__", ".").to_lowercase();
            // One way to write each name, so that no two variables stand for one setting.
            let known = is_known(&path, reading) && name(&path) == variable;
            let place = Place::Variable(variable);
            if !known {
                reading.findings.push((place, Finding::Unknown(path)));
                continue;
            }
            match value.into_string() {
                Ok(text) => insert(&mut environment.entries, &path, place, text),
                Err(_) => reading
                    .findings
                    .push((place, Finding::Fault(Fault::NotText))),
            }
        }
        environment
    }

    fn take_token(&mut self, variable: &str, value: OsString, reading: &mut Reading) {
        let token = if self.token.is_some() {
            Err(format!("both {TOKEN} and {TOKEN_FILE} are set; unset one"))
        } else if variable == TOKEN_FILE {
            let path = PathBuf::from(value);
            TokenHash::of_file(&path).map_err(|reason| {
                let path = show_path(&path);
                format!("{path} {reason}; allowed: a file with {ALLOWED}")
            })
        } else {
            // What is no text is no token either.
            TokenHash::of_token(value.to_str().unwrap_or_default())
                .map_err(|reason| format!("{reason}; allowed: {ALLOWED}"))
        };
        match token {
            Ok(token) => self.token = Some(token),
            Err(reason) => {
                let place = Place::Variable(variable.to_owned());
                let fault = Fault::Token { reason };
                reading.findings.push((place, Finding::Fault(fault)));
            }
        }
    }
}

/// Whether there is a setting at `path`; a part that is one of several has any name.
fn is_known(path: &str, reading: &Reading) -> bool {
    let of_any = || {
        let mut names: Vec<&str> = path.split('.').collect();
        let name = names.get_mut(1).filter(|name| is_name(name))?;
        *name = ANY;
        Some(names.join("."))
    };
    let keys = &reading.keys;
    keys.contains(path) || of_any().is_some_and(|path| keys.contains(&path))
}

/// The variable that stands for the setting at `path`.
pub(super) fn name(path: &str) -> String {
    let path = path.replace(ANY, "<name>");
    format!("{PREFIX}{}", path.replace('.', "__").to_uppercase())
}
