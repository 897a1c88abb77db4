//! What Redis runs for us, each at one go: nobody sees half of it.
//!
//! All get the keys of stream, hash and lease, and the token first: where somebody else holds the
//! lease they do nothing and say `FENCED`.

use redis::{Cmd, cmd};

/// For each notification: keeps what fires, announces it, appends it to the stream. What is kept can
/// be kept again without harm, and nothing is appended that could not be announced: whatever fails
/// in the middle is done once more. Returns why it stopped keeping (empty: it did not), and the
/// numbers of the last that was kept in full, and announced.
///
/// A replica refuses the first write, before anything is announced to its subscribers. Who only
/// announces has none: it removes nothing.
pub(super) const DELIVER: &str = r"
local token, channel, most, ahead, announced = ARGV[1], ARGV[2], ARGV[3], ARGV[4] ~= '', tonumber(ARGV[5])
if token ~= '' and redis.call('GET', KEYS[3]) ~= token then return {'FENCED', 0, 0} end
local refusal, kept, told = '', 0, 0
local function works(answer)
  if type(answer) == 'table' and answer.err then refusal = answer.err end
  return refusal == ''
end
if ahead and not works(redis.pcall('HDEL', KEYS[2], '')) and string.find(refusal, 'READONLY', 1, true) then
  return {refusal, 0, 0}
end
for at = 6, #ARGV, 5 do
  local seq, status, fingerprint, severity, json = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local keeps = not ahead and refusal == ''
  if keeps then
    local answer
    if status == 'firing' then
      answer = redis.pcall('HSET', KEYS[2], fingerprint, json)
    else
      answer = redis.pcall('HDEL', KEYS[2], fingerprint)
    end
    keeps = works(answer)
    if string.find(refusal, 'READONLY', 1, true) then return {refusal, kept, told} end
  end
  if seq > announced then
    local answer = redis.pcall('PUBLISH', channel, json)
    if severity ~= '' and not (type(answer) == 'table' and answer.err) then
      answer = redis.pcall('PUBLISH', channel .. ':' .. severity, json)
    end
    if type(answer) == 'table' and answer.err then return {answer.err, kept, told} end
  end
  told = seq
  if keeps and works(redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', most, '*', 'alert', json)) then kept = seq end
end
if ahead then return {'', 0, told} end
return {refusal, kept, told}
";

/// Makes fields of the hash what they should be, and announces them once more if asked to. Returns
/// how many were not.
pub(super) const CORRECT: &str = r"
local token, channel, announce = ARGV[1], ARGV[2], ARGV[3] ~= ''
if token ~= '' and redis.call('GET', KEYS[3]) ~= token then return redis.error_reply('FENCED') end
local restored = 0
for at = 4, #ARGV, 3 do
  local fingerprint, severity, json = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if redis.call('HGET', KEYS[2], fingerprint) ~= json then
    redis.call('HSET', KEYS[2], fingerprint, json)
    restored = restored + 1
  end
  if announce then
    redis.call('PUBLISH', channel, json)
    if severity ~= '' then redis.call('PUBLISH', channel .. ':' .. severity, json) end
  end
end
return restored
";

/// Removes fields of the hash. Returns how many there were.
pub(super) const CLEAR: &str = r"
local token = ARGV[1]
if token ~= '' and redis.call('GET', KEYS[3]) ~= token then return redis.error_reply('FENCED') end
local cleared = 0
for at = 2, #ARGV do cleared = cleared + redis.call('HDEL', KEYS[2], ARGV[at]) end
return cleared
";

/// A script, and what Redis calls it.
pub(super) struct Script {
    code: &'static str,
    /// Known once a server has been given it; the same on all of them.
    digest: Option<String>,
}

impl Script {
    pub(super) fn new(code: &'static str) -> Self {
        Script { code, digest: None }
    }

    /// Gives it to a server, which answers with its digest.
    pub(super) fn load(&self) -> Cmd {
        let mut load = cmd("SCRIPT");
        load.arg("LOAD").arg(self.code);
        load
    }

    pub(super) fn loaded(&mut self, digest: String) {
        self.digest = Some(digest);
    }

    /// Runs it where it is there; `None` before it was loaded anywhere.
    pub(super) fn call(&self, put: impl Fn(&mut Cmd)) -> Option<Cmd> {
        let mut call = cmd("EVALSHA");
        call.arg(self.digest.as_ref()?);
        put(&mut call);
        Some(call)
    }
}
