//! What the client sees today, from its own connection.

use super::{Connect, Lookup, Reply, Resolution, Symptom, Visit};
use std::fmt;
use std::net::IpAddr;

impl Visit {
    /// The symptom of this connection; `None` when it went well or was not seen.
    #[must_use]
    pub fn symptom(&self) -> Option<Symptom> {
        if let Some(symptom) = self.resolution.as_ref().and_then(Resolution::symptom) {
            return Some(symptom);
        }
        if self.is_lost() {
            return Some(Symptom::ReadTimeout);
        }
        if self.connected() {
            return self.reply.as_ref().and_then(Reply::symptom);
        }
        // A family that the client lacks (`::1` of localhost, without IPv6) hides no other address's answer.
        self.attempts.iter().rev().find_map(|attempt| match &attempt.connect {
            Connect::Refused => Some(Symptom::ConnectionRefused),
            Connect::Timeout => Some(Symptom::ConnectTimeout),
            Connect::HostUnreachable | Connect::NetworkUnreachable => Some(Symptom::NoRoute),
            Connect::Reset => Some(Symptom::ConnectionReset),
            Connect::Connected | Connect::AddressNotAvailable | Connect::Other(_) => None,
        })
    }

    /// Whether the server's reply was sent and does not get through. Once is an accident.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.is_some_and(|lost| lost.sent_again > 1)
    }

    /// Whether connections were tried and none was completed.
    #[must_use]
    pub fn was_turned_away(&self) -> bool {
        !self.attempts.is_empty() && !self.connected()
    }

    /// Whether a connection was completed.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.attempts.iter().any(|a| a.connect == Connect::Connected)
    }
}

/// The words of the report; its JSON has the same.
impl fmt::Display for Symptom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectionRefused => "connection refused",
            Self::NameNotFound => "name not found",
            Self::ResolverFailed => "resolver failed",
            Self::ConnectTimeout => "connect timeout",
            Self::ReadTimeout => "read timeout",
            Self::ConnectionReset => "connection reset",
            Self::ClosedWithoutReply => "closed without reply",
            Self::NoRoute => "no route",
            Self::TlsError => "tls error",
            Self::HttpError => "http error",
        })
    }
}

impl Reply {
    fn symptom(&self) -> Option<Symptom> {
        match self {
            // Any status is an answer; only a gateway that says its backend is gone is a symptom.
            Self::Status(502..=504) => Some(Symptom::HttpError),
            Self::Status(_) | Self::NotHttp => None,
            Self::ReadTimeout => Some(Symptom::ReadTimeout),
            Self::Reset => Some(Symptom::ConnectionReset),
            Self::Closed => Some(Symptom::ClosedWithoutReply),
            Self::Tls | Self::TlsError(_) => Some(Symptom::TlsError),
        }
    }
}

impl Resolution {
    /// The addresses that the client's own lookup ends with.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        if !self.hosts_file.is_empty() {
            return self.hosts_file.clone();
        }
        let found = self.asked.iter().find_map(|a| match &a.answer {
            Lookup::Addresses(addresses) => Some(addresses.clone()),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// The symptom when it ends without an address.
    #[must_use]
    pub fn symptom(&self) -> Option<Symptom> {
        if !self.addresses().is_empty() {
            return None;
        }
        let denied =
            self.asked.iter().any(|a| matches!(a.answer, Lookup::NoSuchName | Lookup::NoAddresses));
        Some(if denied { Symptom::NameNotFound } else { Symptom::ResolverFailed })
    }
}

#[cfg(test)]
mod tests {
    use super::Symptom;

    #[test]
    fn people_and_programs_read_the_same_words() {
        for symptom in [
            Symptom::ConnectionRefused,
            Symptom::NameNotFound,
            Symptom::ResolverFailed,
            Symptom::ConnectTimeout,
            Symptom::ReadTimeout,
            Symptom::ConnectionReset,
            Symptom::ClosedWithoutReply,
            Symptom::NoRoute,
            Symptom::TlsError,
            Symptom::HttpError,
        ] {
            assert_eq!(serde_json::to_value(symptom).unwrap(), symptom.to_string());
        }
    }
}
