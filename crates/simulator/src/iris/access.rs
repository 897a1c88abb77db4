//! Who asks: by cookie, by Basic, or nobody.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    fault::Scope,
    instance::Instance,
    options::{Access, Rights},
};

/// The start of the name of the session's cookie; what follows depends on the application.
const COOKIE: &str = "CSPSESSIONID";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Anybody, where that is allowed.
    Nobody,
    /// By index.
    Account(usize),
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// 401
    Unauthorized,
    /// 403
    Forbidden,
    /// 503
    NoUnits,
}

/// A caller, and the cookies to set.
pub(crate) struct Admitted {
    pub(crate) caller: Caller,
    pub(crate) new_session: Option<String>,
}

impl Instance {
    /// Lets a request in, or not.
    pub(crate) fn admit(
        &self,
        scope: Scope,
        authorization: Option<&str>,
        cookies: &str,
    ) -> Result<Admitted, Denied> {
        let open = match self.access {
            Access::Open => true,
            Access::Sql => scope != Scope::Atelier,
            Access::All => false,
        };
        let presented = authorization.map(|header| self.verify(header));
        if open && !matches!(presented, Some(Some(_))) {
            // A recorded Community Edition shows no unit in use while it is scraped like this.
            return Ok(Admitted {
                caller: Caller::Nobody,
                new_session: None,
            });
        }
        self.with(|inner| {
            let now = inner.world.now;
            let resumed = session_ids(cookies).find_map(|id| inner.sessions.resume(id, now));
            if let Some(account) = resumed {
                let caller = Caller::Account(account);
                return self.permitted(account).map(|()| Admitted {
                    caller,
                    new_session: None,
                });
            }
            let Some(Some(account)) = presented else {
                return Err(Denied::Unauthorized);
            };
            self.permitted(account)?;
            let others = inner.others();
            let opened = inner.sessions.open(account, others, now);
            let id = opened.map_err(|_| Denied::NoUnits)?;
            Ok(Admitted {
                caller: Caller::Account(account),
                new_session: Some(id),
            })
        })
    }

    fn permitted(&self, account: usize) -> Result<(), Denied> {
        match self.accounts.get(account).map(|account| account.rights) {
            Some(Rights::Full | Rights::Weak) => Ok(()),
            Some(Rights::Forbidden | Rights::Expired) => Err(Denied::Forbidden),
            None => Err(Denied::Unauthorized),
        }
    }

    /// The account a Basic header proves.
    fn verify(&self, header: &str) -> Option<usize> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (name, password) = decoded.split_once(':')?;
        self.accounts
            .iter()
            // IRIS does not mind the case of user names.
            .position(|known| known.name.eq_ignore_ascii_case(name) && known.password == password)
    }
}

fn session_ids(cookies: &str) -> impl Iterator<Item = &str> {
    cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| name.starts_with(COOKIE))
        // The name itself ends with `=` in a browser's eyes.
        .map(|(_, value)| value.trim_start_matches('=').trim_matches('"'))
}

/// The cookies of a new session.
pub(crate) fn cookies(scope: Scope, prefix: &str, id: &str) -> [String; 2] {
    let application = match scope {
        Scope::Atelier => "atelier",
        _ => "monitor",
    };
    [
        format!(
            "{COOKIE}-SP-52773-UP-api-{application}-={id}; path={prefix}/api/{application}/; httpOnly; sameSite=strict;"
        ),
        "CSPWSERVERID=simulated; path=/; httpOnly;".to_owned(),
    ]
}
