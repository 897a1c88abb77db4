//! Pages in HTML, as a web server answers when IRIS does not.
//!
//! Origin: invented; nobody recorded such a page.

/// A page with a title and, somewhere in it, a planted text.
pub(crate) fn page(title: &str, text: &str, plant: Option<&str>) -> String {
    let plant = plant.unwrap_or_default();
    format!(
        "<!DOCTYPE html>\n<!-- simulated by vitals: invented -->\n<html><head><title>{title}</title></head>\n\
         <body><h1>{title}</h1><p>{text}</p><pre>{plant}</pre></body></html>\n"
    )
}

/// What is said of a status.
pub(crate) fn of(status: u16, plant: Option<&str>) -> String {
    let (title, text) = match status {
        302 => ("Found", "The document has moved."),
        401 => (
            "401 Unauthorized",
            "This server could not verify that you are authorized.",
        ),
        403 => (
            "403 Forbidden",
            "You don't have permission to access this resource.",
        ),
        404 => (
            "404 Not Found",
            "The requested URL was not found on this server.",
        ),
        405 => (
            "405 Method Not Allowed",
            "The requested method is not allowed.",
        ),
        413 => ("413 Content Too Large", "The request is too large."),
        502 => (
            "502 Bad Gateway",
            "The web gateway has no answer from the server.",
        ),
        503 => (
            "503 Service Unavailable",
            "The server is at its licence limit, or is not available.",
        ),
        504 => ("504 Gateway Time-out", "The server did not answer in time."),
        _ => ("Login", "Please log in."),
    };
    page(title, text, plant)
}
