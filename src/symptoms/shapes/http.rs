//! Answers with a status of 400 or more. The connection worked: whatever is wrong, it is none of its layers.
//!
//! A server's own list of requests (`"GET / HTTP/1.1" 404`) is no client's complaint and is left alone.

use super::{S, Shape};

pub(super) const SHAPES: &[Shape] = &[
    Shape::of(S::HttpError, "requests", r"\b{status} (?:Client|Server) Error: .* for url: "),
    Shape::of(S::HttpError, "httpx", r"(?:Client|Server) error '{status} [^']*' for url"),
    Shape::of(S::HttpError, "httpx", r#"HTTP Request: [A-Z]+ \S+ "HTTP/[0-9.]+ {status}"#),
    Shape::of(S::HttpError, "openai", r"\bError code: {status}(?: - |\s*$)"),
    Shape::of(S::HttpError, "aiohttp", r"ClientResponseError: {status}, message="),
    Shape::of(S::HttpError, "urllib", r"\bHTTP Error {status}: "),
    Shape::of(S::HttpError, "axios", r"Request failed with status code {status}"),
    Shape::of(S::HttpError, "got", r"HTTPError: Response code {status} \("),
    Shape::of(S::HttpError, "reqwest", r"HTTP status (?:client|server) error \({status} "),
    Shape::of(S::HttpError, "java", r"Server returned HTTP response code: {status} for URL: "),
    Shape::of(
        S::HttpError,
        "spring",
        r"(?:Http(?:Client|Server)ErrorException|WebClientResponseException)(?:\$\w+)?: {status} ",
    ),
    Shape::of(S::HttpError, "feign", r"\[{status} [^\]]*\] during \[[A-Z]+\] to \["),
    Shape::of(S::HttpError, "curl", r"curl: \(22\) The requested URL returned error: {status}"),
    Shape::of(S::HttpError, "guzzle", r"resulted in a `{status} "),
    Shape::of(
        S::HttpError,
        "wget",
        r"\b(?:ERROR |server returned error: HTTP/[0-9.]+ ){status}(?:: | )",
    ),
    Shape::of(S::HttpError, "go", r"unexpected (?:HTTP )?status(?: code)?: {status}"),
];
