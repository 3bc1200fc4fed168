//! Whose a certificate is and when it ends, and the same of a revocation list: what is needed here of X.509 (RFC 5280) and what
//! rustls does not tell.

use chrono::{DateTime, NaiveDateTime, Utc};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of a certificate's validity; none where the bytes are no certificate.
pub(super) fn ends(der: &[u8]) -> Option<DateTime<Utc>> {
    let (validity, _) = value(from_validity(der)?, SEQUENCE)?;
    let (_, _, after) = element(validity)?;
    time(after)
}

/// The name of whom a certificate is about, as it is encoded; none where the bytes are no certificate.
pub(super) fn subject(der: &[u8]) -> Option<&[u8]> {
    let (_, after) = value(from_validity(der)?, SEQUENCE)?;
    Some(value(after, SEQUENCE)?.0)
}

/// A revocation list: the name of the authority that it is from, as it is encoded, and when the next one is due.
pub(super) fn list(der: &[u8]) -> Option<(&[u8], DateTime<Utc>)> {
    let (list, _) = value(der, SEQUENCE)?;
    let (mut fields, _) = value(list, SEQUENCE)?;
    if fields.first() == Some(&INTEGER) {
        fields = value(fields, INTEGER)?.1;
    }
    // The algorithm of the signature; then the issuer, when the list was made, and when the next one is due.
    let (_, _, fields) = element(fields)?;
    let (issuer, fields) = value(fields, SEQUENCE)?;
    let (_, _, fields) = element(fields)?;
    Some((issuer, time(fields)?))
}

/// What follows the issuer of a certificate.
fn from_validity(der: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = value(der, SEQUENCE)?;
    let (mut fields, _) = value(certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        fields = value(fields, VERSION)?.1;
    }
    // The serial number, the algorithm of the signature, the issuer.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    Some(fields)
}

/// The first element, which is a time.
fn time(der: &[u8]) -> Option<DateTime<Utc>> {
    let (tag, time, _) = element(der)?;
    let text = std::str::from_utf8(time).ok()?;
    let text = match tag {
        // Years of two digits are those from 1950 to 2049.
        UTC_TIME => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok().map(|time| time.and_utc())
}

/// The content of an element that must have this tag, and what follows it.
fn value(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(der)?;
    (tag == wanted).then_some((content, rest))
}

/// The tag and the content of the first element, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.len() > 4 {
            return None;
        }
        (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read() {
        for year in [2031, 2061] {
            let key = rcgen::KeyPair::generate().expect("is made");
            let mut wanted = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("are good");
            wanted.not_after = rcgen::date_time_ymd(year, 2, 3);
            let made = wanted.self_signed(&key).expect("is made");
            let expected = format!("{year}-02-03T00:00:00Z").parse::<DateTime<Utc>>().expect("a time");
            assert_eq!(ends(made.der()), Some(expected));
            for cut in 0..made.der().len().min(200) {
                assert_eq!(ends(&made.der()[..cut]), None, "half a certificate tells nothing");
            }
        }
        assert_eq!(ends(b"no certificate"), None);
    }

    #[test]
    fn a_revocation_list_tells_whose_it_is_and_when_the_next_one_is_due() {
        let key = rcgen::KeyPair::generate().expect("is made");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("are good");
        params.distinguished_name.push(rcgen::DnType::CommonName, "Authority");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).expect("is made");
        let issuer = rcgen::Issuer::new(params, key);
        let made = rcgen::CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2031, 2, 3),
            next_update: rcgen::date_time_ymd(2061, 2, 3),
            crl_number: rcgen::SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        let made = made.signed_by(&issuer).expect("is made");
        let expected = "2061-02-03T00:00:00Z".parse::<DateTime<Utc>>().expect("a time");
        let name = subject(authority.der()).expect("a name");
        assert!(name.windows(9).any(|part| part == b"Authority"));
        assert_eq!(list(made.der()), Some((name, expected)));
        for cut in 0..made.der().len() {
            assert_eq!(list(&made.der()[..cut]), None, "half a list tells nothing");
        }
        assert_eq!(list(b"no list"), None);
    }
}
