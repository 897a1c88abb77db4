//! The floor under the service: actix-web with nothing behind it, serving the bytes of a file from
//! memory. `actix_hello ADDRESS FILE`

use std::{env, fs, io};

use actix_web::{
    App, HttpResponse, HttpServer,
    http::header::{CONTENT_TYPE, HeaderValue},
    web::{self, Bytes},
};

/// As many as the service itself has on two cores.
const WORKERS: usize = 2;
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

#[actix_web::main]
async fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let Some((address, file)) = args.next().zip(args.next()) else {
        return Err(io::Error::other("usage: actix_hello ADDRESS FILE"));
    };
    let page = Bytes::from(fs::read(file)?);
    let app = move || {
        let page = page.clone();
        let metrics = move || {
            let answer = HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, TEXT))
                .body(page.clone());
            async { answer }
        };
        App::new().route("/metrics", web::get().to(metrics))
    };
    HttpServer::new(app)
        .workers(WORKERS)
        .bind(address)?
        .run()
        .await
}
