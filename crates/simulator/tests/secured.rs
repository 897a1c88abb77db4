//! The same over TLS, with a self-signed certificate.

use std::{
    env, fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process,
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring::default_provider,
    pki_types::ServerName,
};
use simulator::iris::{Fault, FaultKind, Options, Simulator, StartError, Tls};

/// Files that are gone with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn https_answers_and_is_reset() {
    let folder = Folder(env::temp_dir().join(format!("simulator-tls-{}", process::id())));
    fs::create_dir_all(&folder.0).unwrap();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let tls = Tls {
        certificate: folder.0.join("certificate.pem"),
        key: folder.0.join("key.pem"),
    };
    fs::write(&tls.certificate, own.cert.pem()).unwrap();
    fs::write(&tls.key, own.signing_key.serialize_pem()).unwrap();
    let simulator = Simulator::start(Options {
        tls: Some(tls.clone()),
        ..Options::default()
    })
    .unwrap();
    assert!(simulator.url().starts_with("https://127.0.0.1:"));

    let mut roots = RootCertStore::empty();
    roots.add(own.cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let get = || {
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(simulator.addresses()[0]).unwrap();
        let connection = ClientConnection::new(config.clone(), name).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let request =
            "GET /api/monitor/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        (String::from_utf8_lossy(&answer).into_owned(), read)
    };
    let (answer, _) = get();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\niris_wij_writes_per_sec "));

    simulator.all().fault(Fault::new(FaultKind::Reset)).unwrap();
    let (answer, read) = get();
    assert!(!answer.contains("\niris_wij_writes_per_sec "));
    assert!(read.is_err());

    let missing = Options {
        tls: Some(Tls {
            key: folder.0.join("nothing.pem"),
            ..tls
        }),
        ..Options::default()
    };
    assert!(matches!(Simulator::start(missing), Err(StartError::Tls(_))));
}
