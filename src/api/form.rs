//! Which form of a document a client asks for, by its `Accept` header (RFC 9110, section 12.5.1).

use super::problems::{INTERNAL, NOT_ACCEPTABLE, Problem};
use crate::domain::report::Report;
use crate::flow::Service;
use crate::validate::report;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse as _, Response};

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    Csv,
    Html,
    Text,
    Xlsx,
}

impl Form {
    /// In the order in which they are preferred where a client does not mind.
    pub const ALL: [Self; 5] = [Self::Json, Self::Csv, Self::Html, Self::Text, Self::Xlsx];

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Html => "text/html",
            Self::Text => "text/plain",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// What an answer in this form says of itself.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Json | Self::Xlsx => self.media_type(),
        }
    }

    /// The form that the header prefers; JSON without one.
    pub fn asked_for(headers: &HeaderMap) -> Result<Self, Problem> {
        Self::among(&Self::ALL, headers)
    }

    /// The form that the header prefers among those that a document has; the first without one.
    pub(super) fn among(forms: &[Self], headers: &HeaderMap) -> Result<Self, Problem> {
        let accept = headers.get(ACCEPT).map_or("*/*", |accept| accept.to_str().unwrap_or_default());
        let mut best: Option<(f32, u8, Self)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            for form in forms.iter().copied() {
                let kind = form.media_type().split('/').next().unwrap_or_default();
                let exactness = if name == form.media_type() {
                    2
                } else if name.strip_suffix("/*") == Some(kind) {
                    1
                } else if name == "*/*" {
                    0
                } else {
                    continue;
                };
                if weight > 0.0 && best.is_none_or(|(most, exact, _)| (weight, exactness) > (most, exact)) {
                    best = Some((weight, exactness, form));
                }
            }
        }
        best.map(|(_, _, form)| form).ok_or_else(|| {
            let forms = forms.iter().map(|form| form.media_type()).collect::<Vec<_>>().join(", ");
            Problem::new(NOT_ACCEPTABLE, format!("The header Accept names none of these: {forms}."))
        })
    }
}

/// A report in the form that was asked for, made off the threads that listen: a long report takes a while to write.
pub(super) async fn rendered(service: &Service, form: Form, report: Report) -> Result<Response, Problem> {
    let made = service.at_work("write a report", move || match form {
        Form::Json => Ok(report::json(&report)),
        Form::Csv => Ok(report::csv(&report)),
        Form::Html => Ok(report::html(&report)),
        Form::Text => Ok(report::text(&report, false).into_bytes()),
        Form::Xlsx => report::xlsx(&report),
    });
    let bytes = made.await?.map_err(|error| {
        tracing::error!(%error, "a report could not be written");
        Problem::new(INTERNAL, "The report could not be written.")
    })?;
    Ok(([(CONTENT_TYPE, form.content_type()), (VARY, "Accept")], bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(accept: &str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().expect("a header"));
        Form::asked_for(&headers).ok()
    }

    #[test]
    fn the_heaviest_range_wins_and_nothing_is_a_problem() {
        assert_eq!(Form::asked_for(&HeaderMap::new()).ok(), Some(Form::Json));
        assert_eq!(asked("*/*"), Some(Form::Json));
        assert_eq!(asked("text/html,application/xhtml+xml,*/*;q=0.8"), Some(Form::Html));
        assert_eq!(asked("text/csv;q=0.5, text/plain"), Some(Form::Text));
        assert_eq!(asked("text/*"), Some(Form::Csv));
        assert_eq!(asked("image/png"), None);
        assert_eq!(asked("text/html;q=0"), None);
    }
}
