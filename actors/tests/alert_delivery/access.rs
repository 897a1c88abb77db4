//! Who we are to Redis, and whether it is who it says: passwords, ACLs, TLS.

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use vitals_actors::{net::Trust, redis::RedisAccount};

use super::stage::*;

fn account(username: &str, password: &str) -> RedisAccount {
    RedisAccount {
        username: username.into(),
        password: password.into(),
    }
}

#[test]
fn an_account_that_may_only_do_what_it_must() {
    story(async {
        let server = Server::redis(&[]).with_password("root");
        // As the documentation has it.
        server.command(&[
            "ACL",
            "SETUSER",
            "vitals",
            "on",
            ">secret",
            "~{vitals}:*",
            "&vitals:alerts*",
            "+evalsha",
            "+script|load",
            "+get",
            "+set",
            "+hset",
            "+hdel",
            "+hget",
            "+hkeys",
            "+xadd",
            "+publish",
        ]);
        let mut redis = settings(&server.url());
        redis.account = account("vitals", "secret");
        let vitals = Vitals::start(redis, in_memory());
        vitals.firing(vec![alert("CPU", 1)]).await;
        vitals.delivered().await;
        assert_eq!((server.log().len(), vitals.count("failed")), (1, 0));
        // What it may no longer publish is not written either, time and again.
        server.command(&["ACL", "SETUSER", "vitals", "resetchannels"]);
        vitals.tell(alert("CPU", 2)).await;
        until(|| vitals.count("failed") >= 3).await;
        assert_eq!(server.log().len(), 1);
        server.command(&["ACL", "SETUSER", "vitals", "&vitals:alerts*"]);
        vitals.delivered().await;
        assert_eq!(server.log().len(), 2);
        vitals.end().await;
    });
}

#[test]
fn a_wrong_password_is_tried_again_until_it_is_right() {
    story(async {
        let server = Server::redis(&[]).with_password("right");
        for wrong in [account("", ""), account("", "wrong")] {
            let mut redis = settings(&server.url());
            redis.account = wrong;
            let vitals = Vitals::start(redis, in_memory());
            vitals.tell(alert("CPU", 1)).await;
            until(|| vitals.count("failed") >= 2).await;
            vitals.end().await;
        }
        let mut redis = settings(&server.url());
        redis.account = account("", "right");
        let vitals = Vitals::start(redis, in_memory());
        vitals.tell(alert("CPU", 1)).await;
        vitals.delivered().await;
        vitals.end().await;
    });
}

#[test]
fn over_tls_with_an_authority_that_is_trusted() {
    story(async {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();

        let folder = Folder::new("tls");
        let file = |name: &str, content: String| {
            let path = folder.0.join(name);
            fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let [cert, key, ca] = [
            file("cert.pem", certificate.pem()),
            file("key.pem", key.serialize_pem()),
            file("ca.pem", authority.as_ref().pem()),
        ];
        let spoken = std::sync::atomic::AtomicU16::new(0);
        let server = Server::start("redis-server", |port, folder| {
            // The plain port is the test's own; TLS is spoken on the next one that is free.
            let tls = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let tls = tls.local_addr().unwrap().port();
            spoken.store(tls, std::sync::atomic::Ordering::Relaxed);
            let (plain, tls) = (port.to_string(), tls.to_string());
            let dir = folder.to_str().unwrap();
            [
                "--port",
                &plain,
                "--tls-port",
                &tls,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                dir,
                "--tls-cert-file",
                &cert,
                "--tls-key-file",
                &key,
                "--tls-ca-cert-file",
                &ca,
                "--tls-auth-clients",
                "no",
            ]
            .map(String::from)
            .to_vec()
        });
        let url = format!("rediss://127.0.0.1:{}", spoken.into_inner());
        let stranger = Vitals::start(settings(&url), in_memory());
        stranger.tell(alert("CPU", 1)).await;
        until(|| stranger.count("failed") >= 2).await;
        stranger.end().await;
        assert!(server.log().is_empty());

        let mut redis = settings(&url);
        redis.trust = Trust::with(authority.as_ref().pem().as_bytes()).unwrap();
        let vitals = Vitals::start(redis, in_memory());
        vitals.tell(alert("CPU", 1)).await;
        vitals.delivered().await;
        assert_eq!(server.log().len(), 1);
        vitals.end().await;
    });
}
